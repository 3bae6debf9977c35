"""Whole models: what the case files of cnn, mlp and residual cannot show.

Those hold every activation and gradient, Octave's against the port's; here are the facts beside that: the reference
classes built by `<=`, what they share (nothing), what does not lead to the output, and gradients against differences.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from octave_cases import make_case, make_job

import pybn.layers
from pybn.case_file import read_case_file
from pybn.engines.golden import GoldenEngine
from pybn.engines.octave import OctaveEngine
from pybn.graph.initial import WEIGHTS
from pybn.graph.metadata import KINDS
from pybn.layers import Layer
from pybn.training import Training

Array = npt.NDArray[Any]
Write = Callable[[str, str], Path]

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "matlab_ref"
MODELS = ("cnn", "mlp", "residual")

ROWS = """
  layers = {struct('type', 'input', 'name', 'x', 'features', 3), ...
            struct('type', 'fc', 'name', 'fc1', 'num_output', 4), ...
            struct('type', 'batchnorm', 'name', 'bn1'), ...
            struct('type', 'fc', 'name', 'fc2', 'num_output', 2), ...
            struct('type', 'softmax', 'name', 'prob')};
  x = reshape(sin(1:15), 5, 3);
  t = [1 0; 0 1; 0 1; 1 0; 1 0];
"""
FILL = """
function fill(model)
  model.SetParameters('fc1', reshape(cos(1:12), 3, 4), [1 2 3 4]);
  model.SetParameters('bn1', [1 2 0.5 -1], [0 0.1 0.2 0.3]);
  model.SetParameters('fc2', reshape(sin(1:8), 4, 2), [0.1 -0.1]);
end
"""


def facts(octave: OctaveEngine, write: Write, body: str, count: int, helpers: str = "") -> list[float]:
    """Run the body of a MATLAB function that fills `fact`, and return it."""
    folder = write("facts", f"function fact = facts()\n{body}\n  fact = double(fact);\nend\n{helpers}")
    case, inputs = make_job(
        (folder, REFERENCE), "facts", ["fact = facts()"], {}, {"fact": ((count,), "float64")}
    )
    return list(octave.run(case, inputs)["fact"])


# The container.


def test_a_container_is_filled_by_its_operator_and_shares_nothing(
    octave: OctaveEngine, m_file: Write
) -> None:
    body = """
  one = LayerContainer();
  one <= struct('type', 'input', 'name', 'x', 'features', 3);
  answer = one <= struct('type', 'relu', 'name', 'relu1');
  other = LayerContainer();
  other <= struct('type', 'input', 'name', 'y', 'features', 2);
  answer <= struct('type', 'relu', 'name', 'relu2');
  fact = [numel(one.layers), isa(answer, 'LayerContainer'), numel(other.layers), strcmp(other.layers{1}.name, 'y')];
"""
    assert facts(octave, m_file, body, 4) == [3, 1, 1, 1]


def test_models_of_one_container_share_nothing(octave: OctaveEngine, m_file: Write) -> None:
    body = f"""{ROWS}
  container = LayerContainer();
  for k = 1:numel(layers)
    container <= layers{{k}};
  end
  one = DeepLearningModel(container, 'multi_class_cross_entropy');
  other = DeepLearningModel(container, 'multi_class_cross_entropy');
  third = DeepLearningModel(layers, 'multi_class_cross_entropy');
  fill(one);
  one.Loss(x, t);
  before = one.Predict(x);
  container <= struct('type', 'relu', 'name', 'late');
  fill(third);
  third.Loss(-x, t);
  fact = [isempty(other.RunningOf('bn1').running_mean), isempty(other.ParametersOf('fc1').weight), ...
          isequal(one.Predict(x), before), numel(one.names), ...
          isequal(one.RunningOf('bn1').running_mean, third.RunningOf('bn1').running_mean)];
"""
    assert facts(octave, m_file, body, 5, FILL) == [1, 1, 1, 5, 0]


# Modes.


def test_predict_leaves_the_mode_as_it_was_and_loss_trains(octave: OctaveEngine, m_file: Write) -> None:
    body = f"""{ROWS}
  model = DeepLearningModel(layers, 'multi_class_cross_entropy');
  fill(model);
  model.Loss(x, t);
  statistics = model.RunningOf('bn1');
  model.Predict(x + 1);
  kept = isequal(model.RunningOf('bn1'), statistics) && model.training && model.Layer('bn1').training;
  model.IsTraining(false);
  model.Loss(x, t);
  moved = ~isequal(model.RunningOf('bn1'), statistics) && model.training && model.Layer('bn1').training;
  model.IsTraining(true);
  refused = false;
  try
    model.Predict(ones(5, 4));
  catch problem
    refused = strcmp(problem.identifier, 'InputLayer:shape');
  end
  fact = [kept, moved, refused, model.training, model.Layer('bn1').training];
"""
    assert facts(octave, m_file, body, 5, FILL) == [1] * 5


# What the reference classes know of each other.


def keys_of(kind: type[Layer]) -> tuple[str, ...]:
    """The keys that a description of such a layer has to have."""
    windows = ("kh", "kw") if "kernel_height" in signature(kind).parameters else ()
    return (*WEIGHTS.get(kind.__name__, ()), *windows)


def test_the_container_knows_every_layer_by_both_names(octave: OctaveEngine, m_file: Write) -> None:
    """Its lists, of what joins and what has parameters, against the classes of the port; and what it makes."""
    told, wanted = [], []
    for short, name in KINDS.items():
        kind = getattr(pybn.layers, name)
        more = "".join(f", '{key}', 2" for key in keys_of(kind))
        for spelled in (short, name):
            told.append(
                f"  c <= struct('type', '{spelled}', 'name', 'layer'{more});  classes{{end + 1}} = '{name}';"
            )
            wanted += [0, kind.fan_in is None, bool(kind.parameters), 1]
    lines = "\n".join(told)
    body = f"""
  c = LayerContainer();
  classes = {{}};
{lines}
  fact = [];
  for k = 1:numel(classes)
    kind = c.Kind(k);
    fact = [fact, kind.enters, kind.joins, kind.parameters, isa(c.Make(k, false), classes{{k}})];
  end
"""
    assert facts(octave, m_file, body, len(wanted)) == wanted


# Wiring.


def test_what_does_not_lead_to_the_output_neither_runs_nor_receives(
    octave: OctaveEngine, m_file: Write
) -> None:
    body = f"""{ROWS}
  layers{{end + 1}} = struct('type', 'batchnorm', 'name', 'dead', 'inputLayer', 'fc1');
  layers{{end + 1}} = struct('type', 'fc', 'name', 'deader', 'num_output', 2);
  model = DeepLearningModel(layers, 'multi_class_cross_entropy', 'prob');
  fill(model);
  [~, gradients] = model.Loss(x, t);
  identifiers = {{}};
  for reader = {{@() model.GradientsOf('dead'), @() model.Activation('dead')}}
    try
      reader{{1}}();
      identifiers{{end + 1}} = '';
    catch problem
      identifiers{{end + 1}} = problem.identifier;
    end
  end
  alone = DeepLearningModel(layers(1:5), 'multi_class_cross_entropy');
  fill(alone);
  [~, wanted] = alone.Loss(x, t);
  fact = [all(strcmp(identifiers, 'DeepLearningModel:state')), isempty(model.RunningOf('dead').running_mean), ...
          isequal(gradients, wanted), numel(gradients)];
"""
    assert facts(octave, m_file, body, 4, FILL) == [1, 1, 1, 3]


def test_layers_may_be_given_in_any_order(octave: OctaveEngine, m_file: Write) -> None:
    body = f"""{ROWS}
  model = DeepLearningModel(layers, 'multi_class_cross_entropy');
  fill(model);
  for k = 2:5
    layers{{k}}.inputLayer = layers{{k - 1}}.name;
  end
  turned = DeepLearningModel(layers([5 3 1 4 2]), 'multi_class_cross_entropy');
  fill(turned);
  fact = [isequal(model.names, turned.names), isequal(model.Loss(x, t), turned.Loss(x, t)), ...
          isequal(model.GradientsOf('fc1'), turned.GradientsOf('fc1'))];
"""
    assert facts(octave, m_file, body, 3, FILL) == [1] * 3


DIFFERENCES = """
function worst = differences(model, x, t, names)
%DIFFERENCES The largest distance between gradients and central differences of the loss.
  model.Loss(x, t);
  found = cellfun(@(name) model.GradientsOf(name), names, 'UniformOutput', false);
  enters = model.GradientsOf(model.names{1});
  worst = 0;
  for k = 1:numel(names)
    own = model.ParametersOf(names{k});
    for field = {'weight', 'bias'}
      for e = 1:3:numel(own.(field{1}))
        wanted = slope(@(d) moved(model, x, t, names{k}, own, field{1}, e, d));
        worst = max(worst, abs(wanted - found{k}.(field{1})(e)));
      end
    end
    model.SetParameters(names{k}, own.weight, own.bias);
  end
  for e = 1:7:numel(x)
    at = reshape((1:numel(x)) == e, size(x));
    worst = max(worst, abs(slope(@(d) model.Loss(x + d * at, t)) - enters.output(e)));
  end
end

function value = moved(model, x, t, name, own, field, e, d)
  own.(field)(e) = own.(field)(e) + d;
  model.SetParameters(name, own.weight, own.bias);
  value = model.Loss(x, t);
end

function value = slope(f)
  value = (f(1e-5) - f(-1e-5)) / 2e-5;
end
"""


def test_gradients_of_every_type_of_layer_are_the_loss_s_slopes(octave: OctaveEngine, m_file: Write) -> None:
    """Among them one output that three layers take, and one that a sum takes twice.

    Windows do not overlap: a maximum of two windows would be two equal ones to the next, and both of them receive.
    """
    body = """
  c = LayerContainer();
  c <= struct('type', 'input', 'name', 'image', 'rows', 5, 'cols', 4, 'depth', 2);
  c <= struct('type', 'conv', 'name', 'conv1', 'kh', 2, 'kw', 3, 'pad', [0 1 1 1], 'num_output', 4, 'groups', 2);
  c <= struct('type', 'leaky_relu', 'name', 'leaky1', 'slope', 0.2);
  c <= struct('type', 'lrn', 'name', 'lrn1', 'size', 3, 'alpha', 0.5, 'beta', 0.75, 'k', 1);
  c <= struct('type', 'deconv', 'name', 'deconv1', 'kh', 3, 'kw', 2, 'stride', [1 1], 'crop', [1 1 1 0], ...
              'num_output', 4, 'inputLayer', 'leaky1');
  c <= struct('type', 'SpatialBatchNorm', 'name', 'bn1', 'inputLayer', 'leaky1');
  c <= struct('type', 'add', 'name', 'add1', 'inputs', {{'lrn1', 'deconv1', 'bn1', 'bn1'}});
  c <= struct('type', 'softmax', 'name', 'softmax1');
  c <= struct('type', 'avgpool', 'name', 'avg1', 'kh', 2, 'kw', 2, 'stride', 2, 'pad', [1 0 0 0]);
  c <= struct('type', 'maxpool', 'name', 'max1', 'kh', 2, 'kw', 2, 'stride', 2, 'pad', [1 0 0 0], ...
              'inputLayer', 'add1');
  c <= struct('type', 'concat', 'name', 'concat1', 'inputs', {{'avg1', 'max1'}});
  c <= struct('type', 'global_avgpool', 'name', 'global1');
  c <= struct('type', 'fc', 'name', 'fc1', 'num_output', 3);
  c <= struct('type', 'global_maxpool', 'name', 'global2', 'inputLayer', 'concat1');
  c <= struct('type', 'fc', 'name', 'fc2', 'num_output', 2);
  c <= struct('type', 'tanh', 'name', 'tanh1');
  c <= struct('type', 'concat', 'name', 'concat2', 'inputs', {{'fc1', 'tanh1'}});
  c <= struct('type', 'sigmoid', 'name', 'sigmoid1');
  c <= struct('type', 'relu', 'name', 'relu1');
  c <= struct('type', 'fc', 'name', 'fc3', 'num_output', 2);
  model = DeepLearningModel(c, 'mean_squared_error');
  rand('twister', 7);
  model.SetParameters('conv1', rand(2, 3, 1, 4) - 0.5, rand(4, 1));
  model.SetParameters('deconv1', rand(3, 2, 4, 4) - 0.5, rand(4, 1));
  model.SetParameters('bn1', rand(1, 4), rand(1, 4));
  model.SetParameters('fc1', rand(8, 3) - 0.5, rand(1, 3));
  model.SetParameters('fc2', rand(8, 2) - 0.5, rand(1, 2));
  model.SetParameters('fc3', rand(5, 2) - 0.5, rand(1, 2));
  model.L2Regularization(0.05);
  fact = differences(model, rand(5, 4, 2, 3), rand(3, 2), {'conv1', 'deconv1', 'bn1', 'fc1', 'fc2', 'fc3'});
"""
    assert 0 < facts(octave, m_file, body, 1, DIFFERENCES)[0] < 1e-8


# Training.


def test_training_in_order_is_step_after_step(octave: OctaveEngine, m_file: Write) -> None:
    """Two epochs of 5 rows in batches of 2, the last one smaller, with a rate that halves; then one step more."""
    body = f"""{ROWS}
  optimizer = struct('type', 'sgd', 'learning_rate', 0.2);
  trained = Solver(layers, 'multi_class_cross_entropy', optimizer, struct('shuffle', false, 'lr_decay', 0.5));
  fill(trained.model);
  [losses, accuracies, validation] = trained.Train(x, t, 2, 7, x(1:2, :), t(1:2, :));
  stepped = Solver(layers, 'multi_class_cross_entropy', optimizer);
  fill(stepped.model);
  for epoch = 1:3
    for rows = {{1:2, 3:4, 5}}
      if epoch < 3 || rows{{1}}(1) == 1
        wanted((epoch - 1) * 3 + rows{{1}}(end) / 2 + mod(rows{{1}}(end), 2) / 2) = ...
            stepped.Step(x(rows{{1}}, :), t(rows{{1}}, :));
      end
    end
    stepped.optimizer.Decay(0.5);
  end
  fact = [isequal(losses, wanted), numel(losses), numel(accuracies), numel(validation), ...
          isequal(trained.model.ParametersOf('fc1'), stepped.model.ParametersOf('fc1')), ...
          trained.optimizer.learningRate];
"""
    assert facts(octave, m_file, body, 6, FILL) == [1, 7, 2, 2, 1, 0.05]


def test_a_seed_makes_a_training_repeat(octave: OctaveEngine, m_file: Write) -> None:
    body = f"""{ROWS}
  for k = 1:3
    solver = Solver(layers, 'multi_class_cross_entropy', struct('type', 'adam', 'learning_rate', 0.1), ...
                    struct('seed', min(k, 2)));
    fill(solver.model);
    losses(k, :) = solver.Train(x, t, 2, 6);
  end
  fact = [isequal(losses(2, :), losses(3, :)), isequal(losses(1, :), losses(2, :))];
"""
    assert facts(octave, m_file, body, 2, FILL) == [1, 0]


REFUSED = {
    "LayerContainer() <= struct('type', 'add', 'name', 'a', 'inputs', {'b', 'c'})": "LayerContainer:metadata",
    "LayerContainer() <= {'relu'}": "LayerContainer:metadata",
    "LayerContainer() <= struct('type', 'relu', 'name', 5)": "LayerContainer:metadata",
    "DeepLearningModel(layers{1}, 'mean_squared_error')": "DeepLearningModel:layers",
    "DeepLearningModel(layers, 'multi_class_cross_entropy').SetParameters('relu1', 1, 1)": "DeepLearningModel:name",
    "DeepLearningModel(layers, 'multi_class_cross_entropy').SetParameters('prob', 1, 1)": "DeepLearningModel:name",
    "DeepLearningModel(layers, 'multi_class_cross_entropy').Activation('prob')": "DeepLearningModel:state",
    "DeepLearningModel(layers, 'multi_class_cross_entropy').RunningOf('fc1')": "DeepLearningModel:name",
    "DeepLearningModel(layers, 'multi_class_cross_entropy').L2Regularization(-1)": "DeepLearningModel:option",
    "DeepLearningModel(layers, 'multi_class_cross_entropy', 'x')": "DeepLearningModel:input",
    "DeepLearningModel(layers, 'cross_entropy')": "DeepLearningModel:loss",
    "Solver(layers, 'multi_class_cross_entropy', struct('type', 'sgd'))": "Solver:option",
    "Solver(layers, 'multi_class_cross_entropy', struct('type', 'rmsprop', 'learning_rate', 1))": "Solver:option",
    "Solver(layers, 'multi_class_cross_entropy', setfield(sgd, 'momentum', 1))": "Solver:option",
    "Solver(layers, 'multi_class_cross_entropy', sgd, struct('lambda', 1))": "Solver:option",
    "Solver(layers, 'multi_class_cross_entropy', sgd, struct('lr_decay', 0))": "Solver:option",
    "Solver(layers, 'multi_class_cross_entropy', sgd).Train(x, t(1:3, :), 2, 2)": "Solver:shape",
    "Solver(layers, 'multi_class_cross_entropy', sgd).Train(x, t, 0, 2)": "Solver:option",
    "InputLayer('x', 2, 3, 1, [], 1, true)": "InputLayer:option",
    "InputLayer('x', 2, 0, 1, [], 1)": "InputLayer:option",
    "InputLayer('x', 2, 3, 1, [], 1).ForwardPropagation(ones(3, 2))": "InputLayer:shape",
    "InputLayer('x', 2, 3, 1, [], 1).ForwardPropagation(int8(ones(2, 3)))": "InputLayer:dtype",
    "InputLayer('x', 2, 3, 1, [], 1).BackwardPropagation(struct('input', 1))": "InputLayer:state",
}


def test_refusals_have_identifiers(octave: OctaveEngine, m_file: Write) -> None:
    sgd = "  sgd = struct('type', 'sgd', 'learning_rate', 1);\n"
    cases = []
    for number, expression in enumerate(REFUSED):
        folder = m_file(
            f"refused{number}", f"function y = refused{number}()\n{ROWS}{sgd}  {expression};\n  y = 1;\nend\n"
        )
        cases.append(
            make_case(
                (folder, REFERENCE),
                f"refused{number}",
                [f"y = refused{number}()"],
                {},
                {"y": ((), "float64")},
            )
        )
    answers = octave.run_all([(case, {}) for case in cases])
    assert {e: getattr(a, "identifier", a) for e, a in zip(REFUSED, answers, strict=True)} == REFUSED


# Gradients that Octave recorded, against differences of the port's loss: neither side's backward has a word in it.


@pytest.mark.parametrize("stem", MODELS)
def test_recorded_gradients_are_the_loss_s_slopes(stem: str) -> None:
    case = read_case_file(ROOT / "fixtures" / f"{stem}.toml")[0]
    assert (case.name.split(",")[0], case.dtype) == ("one batch", "float64")
    record = GoldenEngine().record(case)
    given, wanted = record.inputs, record.outputs
    # Tensors are stored with MATLAB's axes, so the model gets them too.
    graph = Training.from_metadata(**{**case.python.keywords, "layout": "HWCN"}).graph
    for name in graph.parameters:
        layer, _, parameter = name.partition(".")
        graph.parameters[name] = given[f"{parameter[0]}_{layer}"]

    def loss() -> float:
        graph.seed(42)  # the mask that Octave drew
        return float(graph.loss_and_gradients(given["x"], given["t"])[0])

    assert loss() == pytest.approx(float(wanted["loss"]), rel=1e-12)
    checked = {
        f"d{name.partition('.')[2][0]}_{name.partition('.')[0]}": graph.parameters[name]
        for name in graph.parameters
    }
    checked[f"dx_{graph.nodes[1].name}"] = given["x"]
    for name, value in checked.items():
        assert differences(loss, value) == pytest.approx(
            wanted[name], abs=1e-7 * max(1e-2, np.abs(wanted[name]).max())
        ), name


def differences(loss: Callable[[], float], value: Array) -> Array:
    """Central differences of the loss by each element of an array that it reads; the array is left as it was."""
    step = 1e-6 * max(1.0, float(np.abs(value).max()))
    found = np.zeros_like(value)
    for at in np.ndindex(value.shape):
        before = value[at]
        value[at] = before + step
        above = loss()
        value[at] = before - step
        found[at] = (above - loss()) / (2 * step)
        value[at] = before
    return found
