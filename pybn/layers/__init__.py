"""Layers under their MATLAB class names: the layer holds state, the model holds parameters."""

from __future__ import annotations

from pybn.layers.avg_pool_layer import AvgPoolLayer
from pybn.layers.base import Gradients, JoinGradients, Layer, RecurrentGradients
from pybn.layers.batch_norm import BatchNorm
from pybn.layers.clipped_relu import ClippedRelu
from pybn.layers.concat import Concat
from pybn.layers.convolution_layer import ConvolutionLayer
from pybn.layers.crop_layer import CropLayer
from pybn.layers.dropout import Dropout
from pybn.layers.elt_wise_add import EltWiseAdd
from pybn.layers.elt_wise_mul import EltWiseMul
from pybn.layers.elu import Elu
from pybn.layers.flatten import Flatten
from pybn.layers.fully_connected import FullyConnected
from pybn.layers.gelu import Gelu
from pybn.layers.global_avg_pool_layer import GlobalAvgPoolLayer
from pybn.layers.global_max_pool_layer import GlobalMaxPoolLayer
from pybn.layers.group_norm import GroupNorm
from pybn.layers.gru import Gru
from pybn.layers.layer_norm import LayerNorm
from pybn.layers.leaky_relu import LeakyRelu
from pybn.layers.local_response_norm import LocalResponseNorm
from pybn.layers.lstm import Lstm
from pybn.layers.max_pool_layer import MaxPoolLayer
from pybn.layers.p_relu import PRelu
from pybn.layers.relu import Relu
from pybn.layers.scale_layer import ScaleLayer
from pybn.layers.sequence_avg_pool import SequenceAvgPool
from pybn.layers.sequence_convolution import SequenceConvolution
from pybn.layers.sequence_global_pool import SequenceGlobalPool
from pybn.layers.sequence_max_pool import SequenceMaxPool
from pybn.layers.sigmoid import Sigmoid
from pybn.layers.softmax import Softmax
from pybn.layers.softplus import Softplus
from pybn.layers.spatial_batch_norm import SpatialBatchNorm
from pybn.layers.swish import Swish
from pybn.layers.tanh import Tanh
from pybn.layers.transposed_convolution_layer import TransposedConvolutionLayer

__all__ = [
    "AvgPoolLayer",
    "BatchNorm",
    "ClippedRelu",
    "Concat",
    "ConvolutionLayer",
    "CropLayer",
    "Dropout",
    "EltWiseAdd",
    "EltWiseMul",
    "Elu",
    "Flatten",
    "FullyConnected",
    "Gelu",
    "GlobalAvgPoolLayer",
    "GlobalMaxPoolLayer",
    "Gradients",
    "GroupNorm",
    "Gru",
    "JoinGradients",
    "Layer",
    "LayerNorm",
    "LeakyRelu",
    "LocalResponseNorm",
    "Lstm",
    "MaxPoolLayer",
    "PRelu",
    "RecurrentGradients",
    "Relu",
    "ScaleLayer",
    "SequenceAvgPool",
    "SequenceConvolution",
    "SequenceGlobalPool",
    "SequenceMaxPool",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "SpatialBatchNorm",
    "Swish",
    "Tanh",
    "TransposedConvolutionLayer",
]
