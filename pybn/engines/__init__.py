"""Engines run cases. Importing this starts nothing; entering an engine starts its process."""

from __future__ import annotations
