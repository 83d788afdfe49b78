"""The command line of rwdenoise: a thin skin over the library, without any image maths."""
