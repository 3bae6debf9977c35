"""Making a folder of MATLAB code fit for Octave: a copy of it in which each line is where it was."""

from pybn.staging.findings import CANNOT, SILENT, Edit, Rewrite, Trouble

__all__ = ["CANNOT", "SILENT", "Edit", "Rewrite", "Trouble"]
