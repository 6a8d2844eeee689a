"""How people look at it: the command line and the desktop."""
