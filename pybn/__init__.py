"""Port MATLAB neural-network code to Python and prove, against GNU Octave, that the port answers alike.

Every job is `compare(expected.run(case), obtained.run(case))`. See `pybn --help`.
"""

__version__ = "0.1.0"
