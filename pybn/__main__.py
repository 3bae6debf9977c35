from pybn.cli import script

script()
