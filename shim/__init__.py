"""kenshin: a Meter Data Manager whose rules are stored procedures.

Python renders, connects, calls, streams and moves files. It decides nothing.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("kenshin")
except PackageNotFoundError:  # a source tree that was not installed
    __version__ = "0.0.0"
