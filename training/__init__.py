"""Train and export the weights: data, recipes, training loop. Imports the library; the library never imports it."""
