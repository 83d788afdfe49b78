"""Put the plug-ins where GIMP looks for them."""
