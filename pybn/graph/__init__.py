"""Graphs: layers with names, wired: a model that predicts, trains, is saved, loaded and drawn."""

from __future__ import annotations

from pybn.graph.model import Graph
from pybn.graph.node import Input, Node

__all__ = ["Graph", "Input", "Node"]
