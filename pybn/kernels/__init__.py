"""The loops that decide the last bit, or that NumPy cannot do at memory speed."""
