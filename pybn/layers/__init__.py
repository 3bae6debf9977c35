"""Layers under their MATLAB class names: the layer holds state, the model holds parameters."""

from __future__ import annotations

from pybn.layers.avg_pool_layer import AvgPoolLayer
from pybn.layers.base import Gradients, JoinGradients, Layer, RecurrentGradients
from pybn.layers.batch_norm import BatchNorm
from pybn.layers.concat import Concat
from pybn.layers.convolution_layer import ConvolutionLayer
from pybn.layers.dropout import Dropout
from pybn.layers.elt_wise_add import EltWiseAdd
from pybn.layers.fully_connected import FullyConnected
from pybn.layers.global_avg_pool_layer import GlobalAvgPoolLayer
from pybn.layers.global_max_pool_layer import GlobalMaxPoolLayer
from pybn.layers.gru import Gru
from pybn.layers.leaky_relu import LeakyRelu
from pybn.layers.local_response_norm import LocalResponseNorm
from pybn.layers.lstm import Lstm
from pybn.layers.max_pool_layer import MaxPoolLayer
from pybn.layers.relu import Relu
from pybn.layers.sigmoid import Sigmoid
from pybn.layers.softmax import Softmax
from pybn.layers.spatial_batch_norm import SpatialBatchNorm
from pybn.layers.tanh import Tanh
from pybn.layers.transposed_convolution_layer import TransposedConvolutionLayer

__all__ = [
    "AvgPoolLayer",
    "BatchNorm",
    "Concat",
    "ConvolutionLayer",
    "Dropout",
    "EltWiseAdd",
    "FullyConnected",
    "GlobalAvgPoolLayer",
    "GlobalMaxPoolLayer",
    "Gradients",
    "Gru",
    "JoinGradients",
    "Layer",
    "LeakyRelu",
    "LocalResponseNorm",
    "Lstm",
    "MaxPoolLayer",
    "RecurrentGradients",
    "Relu",
    "Sigmoid",
    "Softmax",
    "SpatialBatchNorm",
    "Tanh",
    "TransposedConvolutionLayer",
]
