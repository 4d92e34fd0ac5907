"""Probes: known results for known networks."""

from dataclasses import replace

import numpy as np
import pytest

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.messages.commands import Change, SetParameters
from visualnet.core.probes.feature_maps import INPUT, FeatureMapsProbe
from visualnet.core.probes.point_classes import PointClassesProbe
from visualnet.core.probes.predictions import DrawingProbe, PredictionsProbe
from visualnet.core.probes.surface import SurfaceProbe, plane_bounds
from visualnet.core.probes.weights import WeightsProbe, WeightView
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.setup import Setup
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer


def plane_trainer(weight, bias, classes=2, loss="cross-entropy"):
    """A network of one layer over the unit square with known parameters."""
    points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    split = Split(points, np.array([0, 1, 1, 0]))
    data = Dataset("plane", split, split, (2,), tuple("abc"[:classes]))
    trainer = Trainer(Setup(layers=(LayerSetup("dense", len(bias)),), loss=loss, dtype="float64"), data)
    vector = np.concatenate([np.ravel(weight), bias]).astype(float)
    trainer.apply(SetParameters(vector.tobytes()))
    return trainer


def scores_of(trainer, inputs):
    view = TrainerView(trainer)
    return view.scores(view.predict(inputs))


def test_feature_maps_are_what_each_layer_gives_outside_training(digits, small_setup):
    layers = (
        LayerSetup("conv2d", channels=2, kernel=2),
        LayerSetup("batch-norm"),
        LayerSetup("dropout", rate=0.5),
        LayerSetup("flatten"),
        LayerSetup("dense", 3),
    )
    trainer = Trainer(replace(small_setup, layers=layers), digits)
    for _ in range(3):
        trainer.step()
    before = trainer.state.to_bytes()
    image = digits.test.inputs[4:5] * np.float32(digits.scale)
    maps = [FeatureMapsProbe(layer, example=4).result(TrainerView(trainer)) for layer in range(-1, 5)]
    assert trainer.state.to_bytes() == before
    np.testing.assert_array_equal(maps[0].ravel(), image.ravel())
    assert maps[0].ndim == maps[1].ndim == 3
    assert len(maps[1]) == 2
    np.testing.assert_array_equal(maps[3], maps[2])
    np.testing.assert_array_equal(maps[4], maps[3].ravel())
    np.testing.assert_array_equal(maps[5], trainer.network.predict(image)[0])
    assert not any(values.flags.writeable for values in maps)
    assert FeatureMapsProbe(9).result(TrainerView(trainer)) is None
    assert FeatureMapsProbe(INPUT, pixels=b"abc").result(TrainerView(trainer)) is None


def test_weights_gradients_and_change(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    start = trainer.network.layers[2].weight.copy()
    assert not WeightsProbe(2, WeightView.CHANGE).result(TrainerView(trainer)).any()
    for _ in range(3):
        trainer.step()
    layer = trainer.network.layers[2]
    weights = WeightsProbe(2).result(TrainerView(trainer))
    np.testing.assert_array_equal(weights, layer.weight)
    np.testing.assert_array_equal(
        WeightsProbe(2, WeightView.GRADIENTS).result(TrainerView(trainer)), layer.weight_gradient
    )
    np.testing.assert_array_equal(
        WeightsProbe(2, WeightView.CHANGE).result(TrainerView(trainer)), layer.weight - start
    )
    assert weights.shape == (3, 5)
    kept = weights.copy()
    trainer.step()
    np.testing.assert_array_equal(weights, kept)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_gradients_are_those_of_the_loss_whatever_the_learning_rate(digits, small_setup, optimizer):
    setup = replace(small_setup, dtype="float64", optimizer=OptimizerSetup(optimizer, 0.01))
    trainer = Trainer(setup, digits)
    before = WeightsProbe(2).result(TrainerView(trainer))
    trainer.step()
    after = WeightsProbe(2).result(TrainerView(trainer))
    trainer.apply(Change(learning_rate=0.7))
    gradients = WeightsProbe(2, WeightView.GRADIENTS).result(TrainerView(trainer))
    np.testing.assert_allclose(gradients, (before - after) / 0.01, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("view", WeightView)
def test_weights_cannot_be_written(digits, small_setup, view):
    values = WeightsProbe(0, view).result(TrainerView(Trainer(small_setup, digits)))
    with pytest.raises(ValueError, match="read-only"):
        values[0, 0] = 1


@pytest.mark.parametrize("layer", [1, 3, 99])
def test_a_layer_without_weights_has_none(digits, small_setup, layer):
    assert WeightsProbe(layer).result(TrainerView(Trainer(small_setup, digits))) is None


def test_predictions_are_the_network_s_own(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    found = PredictionsProbe(9, sample=2).result(TrainerView(trainer))
    np.testing.assert_array_equal(found.indices, np.arange(18, 27))
    np.testing.assert_array_equal(found.inputs, digits.test.inputs[18:27])
    np.testing.assert_array_equal(found.labels, digits.test.targets[18:27])
    logits = trainer.network.predict(digits.test.inputs[18:27] / 255)
    np.testing.assert_array_equal(found.scores.argmax(axis=1), logits.argmax(axis=1))
    np.testing.assert_allclose(found.scores.sum(axis=1), 1, rtol=1e-6)
    assert found.wrong_known is None
    for array in (found.indices, found.inputs, found.labels, found.scores):
        assert not array.flags.writeable
    assert digits.test.inputs.flags.writeable


def test_samples_go_round_the_test_set(digits, small_setup):
    found = PredictionsProbe(50, sample=1).result(TrainerView(Trainer(small_setup, digits)))
    np.testing.assert_array_equal(found.indices, [*range(50, 70), *range(30)])
    assert len(PredictionsProbe(500).result(TrainerView(Trainer(small_setup, digits))).indices) == 70


def test_only_the_wrong_ones(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    _, accuracy = trainer.evaluate()
    wrong = round(70 * (1 - accuracy))
    found = PredictionsProbe(10, only_wrong=True).result(TrainerView(trainer))
    assert found.wrong_known == wrong
    assert found.looked_at == min(4 * 10, wrong)
    assert len(found.indices) == 10
    assert (found.scores.argmax(axis=1) != found.labels).all()


def test_no_wrong_ones_is_an_empty_sample():
    trainer = plane_trainer([[0, 0]], [0.2], loss="mse")
    trainer.past.misclassified = np.empty(0, np.intp)
    found = PredictionsProbe(10, only_wrong=True).result(TrainerView(trainer))
    assert found.wrong_known == len(found.indices) == 0
    assert found.scores.shape == (0, 2)


def test_scores_are_probabilities_under_cross_entropy():
    trainer = plane_trainer([[0, 0], [1, 0]], [0, 0])
    scores = scores_of(trainer, np.array([[0.0, 5.0], [np.log(3), 0.0]]))
    np.testing.assert_allclose(scores, [[0.5, 0.5], [0.25, 0.75]])


def test_scores_of_one_output_stand_for_the_second_class():
    trainer = plane_trainer([[1, 0]], [0], loss="mse")
    scores = scores_of(trainer, np.array([[0.2, 0], [1.7, 0], [-3, 0]]))
    np.testing.assert_allclose(scores, [[0.8, 0.2], [0, 1], [1, 0]])


def test_scores_of_one_logit_are_its_sigmoid_and_its_class_turns_at_zero():
    trainer = plane_trainer([[0.6, 0]], [-0.3], loss="binary-cross-entropy")
    scores = scores_of(trainer, np.array([[0.5, 0], [0.5 + np.log(3) / 0.6, 0]]))
    np.testing.assert_allclose(scores, [[0.5, 0.5], [0.25, 0.75]])
    assert SurfaceProbe(8).result(TrainerView(trainer)).point_classes.tolist() == [0, 0, 1, 1]
    assert trainer.evaluate()[1] == 0.5
    assert trainer.past.misclassified.tolist() == [1, 3]


def test_scores_of_values_are_cut():
    trainer = plane_trainer([[1, 0], [0, 1]], [0, 0], loss="mse")
    np.testing.assert_allclose(scores_of(trainer, np.array([[0.3, 2.0], [-1, 0.5]])), [[0.3, 1], [0, 0.5]])


def test_the_surface_is_the_network_over_the_plane():
    trainer = plane_trainer([[1, 0.5]], [0], loss="mse")
    surface = SurfaceProbe(8).result(TrainerView(trainer))
    assert surface.bounds == (-0.25, 1.25, -0.25, 1.25)
    middles = -0.25 + 1.5 * (np.arange(8) + 0.5) / 8
    expected = np.clip(middles[np.newaxis, :] + 0.5 * middles[:, np.newaxis], 0, 1)
    np.testing.assert_allclose(surface.scores, expected)
    np.testing.assert_allclose(surface.point_outputs, [[0], [0.5], [1], [1.5]])
    assert not surface.scores.flags.writeable
    assert surface.point_classes.tolist() == [0, 0, 1, 1]
    for array in (surface.point_outputs, surface.point_classes):
        assert not array.flags.writeable


def test_the_surface_of_three_classes_holds_class_numbers():
    trainer = plane_trainer([[0, 0], [4, 0], [0, 4]], [1, 0, 0], classes=3)
    scores = SurfaceProbe(6).result(TrainerView(trainer)).scores
    assert set(np.unique(scores)) == {0, 1, 2}
    assert (scores[0, -1], scores[-1, 0], scores[0, 0]) == (1, 2, 0)


def test_rivals_are_the_classes_that_win_somewhere_with_their_scores():
    trainer = plane_trainer([[0, 0], [-1, -1], [0, 4]], [1, -9, 0], classes=3)
    surface = SurfaceProbe(6).result(TrainerView(trainer))
    assert surface.rivals == (0, 2)
    assert surface.rival_scores.shape == (2, 6, 6)
    assert np.array_equal(surface.scores, np.array(surface.rivals)[surface.rival_scores.argmax(0)])
    assert not surface.rival_scores.flags.writeable


@pytest.mark.parametrize(
    ("loss", "weight", "has_odds"),
    [("cross-entropy", 9, True), ("hinge", 9, True), ("mse", 9, False), ("mse", 0.5, True)],
)
def test_scores_have_odds_where_nothing_is_cut(loss, weight, has_odds):
    trainer = plane_trainer([[0, 0], [weight, 0]], [0.3, 0.3], loss=loss)
    assert SurfaceProbe(6).result(TrainerView(trainer)).has_odds == has_odds


def test_classes_of_the_test_points_are_those_of_an_evaluation():
    trainer = plane_trainer([[1, 0], [0, 1]], [0.5, 0])
    trainer.evaluate()
    said = PointClassesProbe().result(TrainerView(trainer))
    targets = trainer.dataset.test.targets
    assert np.flatnonzero(said != targets).tolist() == trainer.past.misclassified.tolist()
    assert not said.flags.writeable
    assert PointClassesProbe().result(TrainerView(regression("waves", (2, -1)))) is None


def regression(name, weight):
    """A network of one layer on a curve or surface: its output is the weights times the inputs."""
    setup = Setup(data=DataSetup(name=name), layers=(LayerSetup("dense", 1),), loss="mse", dtype="float64")
    trainer = Trainer(setup)
    trainer.network.parameters[:] = [*weight, 0]
    return trainer


def test_the_surface_of_values_is_the_network_s_output():
    trainer = regression("waves", (2, -1))
    surface = SurfaceProbe(8).result(TrainerView(trainer))
    left, right, bottom, top = surface.bounds
    x = left + (np.arange(8) + 0.5) / 8 * (right - left)
    y = bottom + (np.arange(8) + 0.5) / 8 * (top - bottom)
    np.testing.assert_allclose(surface.scores, 2 * x[np.newaxis] - y[:, np.newaxis])
    assert (surface.centre, surface.reach) == (0, np.abs(trainer.dataset.train.targets).max())
    np.testing.assert_allclose(surface.point_outputs[:, 0], trainer.dataset.train.inputs @ [2, -1])


def test_the_curve_of_one_input_is_one_row_over_its_line():
    trainer = regression("sine", (3,))
    surface = SurfaceProbe(8).result(TrainerView(trainer))
    left, right, bottom, top = surface.bounds
    np.testing.assert_allclose(surface.scores[0], 3 * (left + (np.arange(32) + 0.5) / 32 * (right - left)))
    inputs, targets = trainer.dataset.train.inputs, trainer.dataset.train.targets
    assert left < inputs.min() and right > inputs.max()
    assert bottom < targets.min() and top > targets.max()
    assert not surface.scores.flags.writeable


def test_the_plane_is_a_square_around_the_points():
    assert plane_bounds(np.array([[0.0, 10.0], [4.0, 12.0]])) == (-1, 5, 8, 14)
    left, right, bottom, top = plane_bounds(np.array([[3.0, 3.0]]))
    assert left < 3 < right
    assert bottom < 3 < top


def test_a_drawing_is_scored_like_a_test_image(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    scores = DrawingProbe(digits.test.inputs[4].tobytes()).result(TrainerView(trainer))
    expected = PredictionsProbe(70).result(TrainerView(trainer)).scores[4]
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    with pytest.raises(ValueError, match="read-only"):
        scores[0] = 1


def test_what_a_network_does_not_take_is_none(digits, small_setup):
    trainer = Trainer(small_setup, digits)
    assert SurfaceProbe().result(TrainerView(trainer)) is None
    assert DrawingProbe(bytes(784)).result(TrainerView(trainer)) is None
    values = Split(digits.train.inputs, np.zeros((300, 3)))
    regression = replace(digits, train=values, test=values, classes=())
    trainer = Trainer(replace(small_setup, loss="mse"), regression)
    for probe in (PredictionsProbe(4), DrawingProbe(bytes(12)), SurfaceProbe()):
        assert probe.result(TrainerView(trainer)) is None


@pytest.mark.parametrize("loss", ["cross-entropy", "mse", "hinge", "binary-cross-entropy"])
def test_only_wrong_shows_what_is_wrong_now_and_nothing_else(digits, small_setup, loss):
    trainer = Trainer(replace(small_setup, loss=loss, evaluate_every=1000), digits)
    trainer.evaluate()
    for _ in range(15):
        trainer.step()
    told = PredictionsProbe(20, only_wrong=True).result(TrainerView(trainer))
    assert len(told.indices)
    assert set(told.indices) <= set(trainer.past.misclassified)
    assert (told.guesses != told.labels).all()
    # A test made at this very step finds each of them wrong.
    trainer.evaluate()
    assert set(told.indices) <= set(trainer.past.misclassified)


def test_guesses_are_those_of_an_evaluation_where_scores_are_cut(digits, small_setup):
    trainer = Trainer(replace(small_setup, loss="mse"), digits)
    trainer.network.parameters[-3:] = (-3, -2, -1)
    told = PredictionsProbe(50).result(TrainerView(trainer))
    trainer.evaluate()
    wrong = told.indices[told.guesses != told.labels]
    assert set(wrong) == set(trainer.past.misclassified) & set(told.indices)
