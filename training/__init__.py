"""How the weights came to be: data, recipe, loop, export. Imports the library, never the reverse."""
