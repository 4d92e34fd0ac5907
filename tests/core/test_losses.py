"""Losses against their formulas and against central differences in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.nn.losses import (
    LOSSES,
    MAE,
    MSE,
    BinaryCrossEntropy,
    CrossEntropy,
    Hinge,
    Huber,
    sigmoid,
    softmax,
)

STEP = 1e-6
MAKERS = {
    **LOSSES,
    "smoothed cross-entropy": lambda: CrossEntropy(0.2),
    "smoothed binary-cross-entropy": lambda: BinaryCrossEntropy(0.2),
    "narrow huber": lambda: Huber(0.3),
}


def one_hot(labels, classes):
    return np.eye(classes)[labels].T


def log_softmax(outputs):
    return outputs - np.log(np.exp(outputs).sum(axis=0))


def plain_hinge(outputs, labels):
    total = 0.0
    for example, label in enumerate(labels):
        for other in range(len(outputs)):
            if other != label:
                total += max(0.0, 1 + outputs[other, example] - outputs[label, example])
    return total / outputs.size


def plain_binary(outputs, targets, smoothing=0.0):
    targets = targets * (1 - smoothing) + smoothing / 2
    yes = 1 / (1 + np.exp(-outputs))
    return -np.mean(targets * np.log(yes) + (1 - targets) * np.log(1 - yes))


def plain_cross_entropy(outputs, labels, smoothing=0.0):
    classes = len(outputs)
    targets = one_hot(labels, classes) * (1 - smoothing) + smoothing / classes
    return -np.mean((targets * log_softmax(outputs)).sum(axis=0))


def plain_huber(outputs, targets, delta=1.0):
    size = np.abs(outputs - targets)
    return np.where(size <= delta, size**2 / 2, delta * (size - delta / 2)).mean()


FORMULAS = {
    "mse": lambda outputs, targets: ((outputs - targets) ** 2).mean(),
    "mae": lambda outputs, targets: np.abs(outputs - targets).mean(),
    "huber": plain_huber,
    "narrow huber": lambda outputs, targets: plain_huber(outputs, targets, 0.3),
    "cross-entropy": plain_cross_entropy,
    "smoothed cross-entropy": lambda outputs, labels: plain_cross_entropy(outputs, labels, 0.2),
    "binary-cross-entropy": plain_binary,
    "smoothed binary-cross-entropy": lambda outputs, targets: plain_binary(outputs, targets, 0.2),
    "hinge": plain_hinge,
}


def some_case(kind, outputs, batch, seed=0):
    """Outputs and targets for one loss, none of them where it has a kink."""
    generator = np.random.default_rng(seed)
    values = 2 * generator.normal(size=(outputs, batch))
    loss = MAKERS[kind]()
    if loss.wants_labels:
        labels = generator.integers(0, outputs, batch)
        near = np.abs(1 + values - values[labels, np.arange(batch)]) < 0.001
        return values + 0.01 * near, labels
    if loss.needs_classes:
        return values, generator.integers(0, 2, (outputs, batch)).astype(float)
    targets = generator.normal(size=(outputs, batch))
    return np.where(np.abs(values - targets) < 0.001, targets + 0.5, values), targets


def check_gradient(kind, outputs, targets):
    loss = MAKERS[kind]()
    loss.forward(outputs, targets)
    gradient = loss.backward().copy()
    for place in np.ndindex(outputs.shape):
        kept = outputs[place]
        outputs[place] = kept + STEP
        above = loss.forward(outputs, targets)
        outputs[place] = kept - STEP
        below = loss.forward(outputs, targets)
        outputs[place] = kept
        assert gradient[place] == pytest.approx((above - below) / (2 * STEP), rel=1e-6, abs=1e-8)


def test_every_loss_is_tried():
    assert {MAKERS[kind]().kind for kind in FORMULAS} == {*LOSSES}
    assert {*FORMULAS} == {*MAKERS}


cases = given(
    kind=st.sampled_from(sorted(MAKERS)),
    outputs=st.integers(1, 6),
    batch=st.integers(1, 6),
    seed=st.integers(0, 1000),
)


@cases
def test_the_loss_is_its_formula(kind, outputs, batch, seed):
    values, targets = some_case(kind, outputs, batch, seed)
    expected = FORMULAS[kind](values, targets)
    assert MAKERS[kind]().forward(values, targets) == pytest.approx(expected, rel=1e-12, abs=1e-14)


@cases
def test_gradient_equals_central_differences(kind, outputs, batch, seed):
    check_gradient(kind, *some_case(kind, outputs, batch, seed))


@pytest.mark.parametrize("kind", MAKERS)
def test_a_large_gradient_holds_in_a_random_direction(kind):
    outputs, targets = some_case(kind, 60, 200)
    loss, way = MAKERS[kind](), np.random.default_rng(6).normal(size=outputs.shape)
    loss.forward(outputs, targets)
    slope = np.vdot(loss.backward(), way)
    above, below = (loss.forward(outputs + distance * way, targets) for distance in (STEP, -STEP))
    assert slope == pytest.approx((above - below) / (2 * STEP), rel=1e-6)


@pytest.mark.parametrize("kind", MAKERS)
def test_the_gradient_can_be_had_times_a_factor(kind):
    outputs, targets = some_case(kind, 4, 3)
    plain, scaled = MAKERS[kind](), MAKERS[kind]()
    plain.forward(outputs, targets)
    scaled.forward(outputs, targets)
    np.testing.assert_allclose(scaled.backward(0.25), 0.25 * plain.backward(), rtol=1e-14)


def test_mse_is_the_mean_over_outputs_and_batch():
    loss = MSE()
    assert loss.forward(np.array([[1.0, 2.0], [0.0, 4.0]]), np.array([[1.0, 0.0], [2.0, 4.0]])) == 2.0
    np.testing.assert_array_equal(loss.backward(), [[0, 1], [-1, 0]])


def test_mae_and_huber_take_large_errors_as_they_are():
    outputs, targets = np.array([[1.0, 5.0, 0.0, -0.5]]), np.array([[1.0, 1.0, 2.0, 0.0]])
    mae, huber = MAE(), Huber()
    assert mae.forward(outputs, targets) == (0 + 4 + 2 + 0.5) / 4
    np.testing.assert_array_equal(mae.backward(), [[0, 0.25, -0.25, -0.25]])
    assert huber.forward(outputs, targets) == (0 + 3.5 + 1.5 + 0.125) / 4
    np.testing.assert_array_equal(huber.backward(), [[0, 0.25, -0.25, -0.125]])


def test_hinge_is_silent_from_the_margin_on_and_flat_at_its_edge():
    loss = Hinge()
    outputs = np.array([[3.0, 1.0], [2.0, 1.5], [0.0, 3.0]])
    assert loss.forward(outputs, np.array([0, 0])) == (0.5 + 1 + 3 - 1) / 3 / 2 + (1.5 + 3 - 3.5) / 6
    np.testing.assert_allclose(loss.backward(), [[0, -2 / 6], [0, 1 / 6], [0, 1 / 6]])


def test_cross_entropy_of_even_logits_is_the_logarithm_of_the_class_count():
    loss = CrossEntropy()
    assert loss.forward(np.zeros((4, 3)), np.array([0, 1, 3])) == pytest.approx(np.log(4), rel=1e-15)
    expected = np.full((4, 3), 1 / 4)
    expected[[0, 1, 3], [0, 1, 2]] -= 1
    np.testing.assert_allclose(loss.backward(), expected / 3, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", MAKERS)
def test_large_outputs_give_finite_losses_and_gradients(kind, dtype):
    outputs = np.array([[1e4, -1e4, 1e4], [0.0, 1e4, -1e4], [-1e4, 1e4, 0.0]], dtype)
    loss = MAKERS[kind]()
    labels = np.array([0, 0, 1])
    targets = labels if loss.wants_labels else one_hot(labels, 3).astype(dtype)
    assert np.isfinite(loss.forward(outputs, targets))
    assert np.isfinite(loss.backward()).all()
    assert np.isfinite(loss.scores(outputs)).all()


def test_cross_entropies_of_large_logits_are_what_they_must_be():
    loss = CrossEntropy()
    assert loss.forward(np.array([[1e4, -1e4], [0.0, 0.0]]), np.array([0, 0])) == pytest.approx(5000)
    np.testing.assert_allclose(loss.backward(), [[0, -0.5], [0, 0.5]])
    binary = BinaryCrossEntropy()
    assert binary.forward(np.array([[1e4, -1e4]]), np.array([[1.0, 1.0]])) == 5000
    np.testing.assert_array_equal(binary.backward(), [[0, -0.5]])


@pytest.mark.parametrize("kind", MAKERS)
def test_batch_sizes_and_dtypes_in_turn_give_what_a_fresh_loss_gives(kind):
    loss = MAKERS[kind]()
    for batch, dtype in ((3, np.float64), (1, np.float64), (3, np.float32), (7, np.float32), (3, np.float64)):
        outputs, targets = some_case(kind, 4, batch, seed=batch)
        outputs = outputs.astype(dtype)
        fresh = MAKERS[kind]()
        assert loss.forward(outputs, targets) == fresh.forward(outputs, targets)
        gradient = loss.backward()
        assert gradient.dtype == dtype
        np.testing.assert_array_equal(gradient, fresh.backward())


@pytest.mark.parametrize("kind", MAKERS)
def test_outputs_are_left_alone_and_need_not_be_contiguous(kind):
    outputs, targets = some_case(kind, 4, 5)
    turned = np.ascontiguousarray(outputs.T).T
    kept = outputs.copy()
    straight, other = MAKERS[kind](), MAKERS[kind]()
    assert straight.forward(outputs, targets) == pytest.approx(other.forward(turned, targets), rel=1e-14)
    np.testing.assert_allclose(straight.backward(), other.backward(), rtol=1e-14)
    np.testing.assert_array_equal(outputs, kept)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32])
@pytest.mark.parametrize("kind", [CrossEntropy, Hinge])
def test_labels_may_be_of_any_whole_number_type(kind, dtype):
    outputs = np.random.default_rng(4).normal(size=(10, 400))
    labels = np.random.default_rng(5).integers(0, 10, 400)
    wide, narrow = kind(), kind()
    assert wide.forward(outputs, labels) == narrow.forward(outputs, labels.astype(dtype))
    np.testing.assert_array_equal(wide.backward(), narrow.backward())


@pytest.mark.parametrize("kind", MAKERS)
def test_the_class_is_the_largest_output(kind):
    loss = MAKERS[kind]()
    outputs = np.array([[0.1, 9.0], [0.3, -1.0], [0.2, 8.9]])
    assert loss.classes(outputs).tolist() == [1, 0]
    assert loss.classes(outputs[:, :0]).tolist() == []


@pytest.mark.parametrize("kind", ["mse", "mae", "huber"])
def test_one_value_speaks_for_the_second_class_above_a_half(kind):
    outputs = np.array([[0.49, 0.5, 0.51, -3, 7]])
    assert LOSSES[kind]().classes(outputs).tolist() == [0, 0, 1, 0, 1]
    np.testing.assert_allclose(LOSSES[kind]().scores(outputs)[1], [0.49, 0.5, 0.51, 0, 1])


def test_one_logit_speaks_for_the_second_class_above_zero():
    loss = BinaryCrossEntropy()
    logits = np.array([[-0.1, 0.0, 0.1, np.log(3)]])
    assert loss.classes(logits).tolist() == [0, 0, 1, 1]
    scores = loss.scores(logits)
    assert scores[:, 3] == pytest.approx([0.25, 0.75])
    assert scores[:, 1].tolist() == [0.5, 0.5]


@given(kind=st.sampled_from(sorted(MAKERS)), batch=st.integers(0, 5), seed=st.integers(0, 1000))
def test_scores_lie_in_0_to_1_and_agree_with_the_class(kind, batch, seed):
    loss = MAKERS[kind]()
    for classes in (2, 3):
        for count in loss.output_counts(classes):
            outputs = 0.5 + np.random.default_rng(seed).normal(size=(count, batch)) / 4
            scores = loss.scores(outputs)
            assert scores.shape == (classes, batch)
            assert ((scores >= 0) & (scores <= 1)).all()
            assert not np.shares_memory(scores, outputs)
            chosen = scores[loss.classes(outputs), np.arange(batch)]
            np.testing.assert_array_equal(chosen, scores.max(axis=0))


@pytest.mark.parametrize("kind", [CrossEntropy, BinaryCrossEntropy])
@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_a_smoothing_that_is_no_share_is_refused(kind, smoothing):
    with pytest.raises(ValueError, match="label_smoothing must be from 0 to below 1"):
        kind(smoothing)


@pytest.mark.parametrize("delta", [0, -1, float("nan")])
def test_a_delta_that_is_not_above_zero_is_refused(delta):
    with pytest.raises(ValueError, match="delta must be above 0"):
        Huber(delta)


@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_is_a_distribution_in_the_order_of_the_logits(axis):
    logits = np.array([[1.0, 1000.0, -3.0], [0.0, 999.0, 2.0]])
    probabilities = softmax(logits, axis=axis)
    np.testing.assert_allclose(probabilities.sum(axis=axis), 1)
    np.testing.assert_array_equal(probabilities.argmax(axis=axis), logits.argmax(axis=axis))


def test_sigmoid_needs_no_exponential_that_overflows():
    np.testing.assert_allclose(sigmoid(np.array([-1e30, 0, np.log(3), 1e30])), [0, 0.5, 0.75, 1])


@pytest.mark.parametrize(
    ("name", "outputs"),
    [(name, n) for name, loss in LOSSES.items() for n in (1, 2, 4) if n in loss.output_counts(max(n, 2))],
)
@pytest.mark.parametrize("levels", [None, 2])
def test_right_answers_are_counted_alike_one_by_one_and_all_at_once(name, outputs, levels):
    """With few levels many outputs are equal: then the first is the answer, as anywhere else."""
    generator = np.random.default_rng(5)
    scores = generator.normal(0.3, 1, (outputs, 50))
    if levels is not None:
        scores = generator.integers(0, levels, scores.shape) - 0.5
    labels = generator.integers(0, max(outputs, 2), 50)
    loss = LOSSES[name]()

    def count(part):
        targets = labels[part] if loss.wants_labels else generator.normal(0, 1, scores[:, part].shape)
        loss.forward(scores[:, part], targets)
        return loss.count_right(scores[:, part], labels[part])

    alone = [count(slice(n, n + 1)) for n in range(50)]
    assert 0 < sum(alone) < 50
    assert sum(alone) == count(slice(None)) == np.sum(loss.classes(scores) == labels)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_what_is_called_probabilities_adds_up_to_one_and_is_what_the_loss_means(kind, outputs):
    loss = LOSSES[kind]
    if outputs not in loss.output_counts(max(outputs, 2)):
        return
    scores = loss().scores(np.random.default_rng(0).normal(size=(outputs, 40)))
    if loss.gives_probabilities(outputs):
        np.testing.assert_allclose(scores.sum(axis=0), 1)
    assert loss.gives_probabilities(outputs) == (
        kind == "cross-entropy" or (kind == "binary-cross-entropy" and outputs == 1)
    )
