"""The figures through what their artists hold: nbval does not compare pictures."""

import warnings

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers.describe import describe
from helpers.plotting import (
    CLASS_COLORS,
    CLASS_MARKERS,
    plot_points,
    plot_regions,
    show_images,
    use_style,
)
from helpers.points import toy_points
from helpers.softmax import softmax


@pytest.fixture(autouse=True)
def alone():
    """Close the figures of a test, and take back the style that it has set."""
    with matplotlib.rc_context():
        yield
        plt.close("all")


def test_points_keep_their_place_class_and_colour():
    X, labels = toy_points()
    ax = plot_points(X, labels)
    assert len(ax.collections) == 3
    for c, drawn in enumerate(ax.collections):
        np.testing.assert_array_equal(drawn.get_offsets(), X[labels == c])
        np.testing.assert_allclose(drawn.get_facecolor()[0][:3], to_rgb(CLASS_COLORS[c]))
        assert drawn.get_label().startswith(str(c))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_1$", "$x_2$")


def test_regions_are_where_the_class_wins():
    W, b = np.array([[0.31, 3.95], [7.07, -0.23], [-6.27, -2.35]]), np.array([1.2, 2.93, -4.14])
    ax = plot_regions((W, b))
    winner = ax.images[0].get_array()
    for x1, x2 in [(-2.0, 3.0), (3.0, 0.5), (-3.0, -3.0)]:
        column, row = round((x1 + 3.5) / 7 * 280), round((x2 + 3.5) / 7 * 280)
        at = np.array([column, row]) / 280 * 7 - 3.5
        assert winner[row, column] == softmax(W @ at + b).argmax()
    assert set(np.unique(winner)) == {0, 1, 2} and ax.images[0].origin == "lower"
    assert ax.images[0].get_extent() == [-3.5, 3.5, -3.5, 3.5] and ax.images[0].get_clim() == (0, 2)
    assert ax.images[0].get_alpha() == 0.22 and ax.images[0].get_zorder() == 0
    assert ax.get_xlim() == ax.get_ylim() == (-3.5, 3.5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_1$", "$x_2$")
    for c, outline in enumerate(ax.collections):  # on it, the class and another are equally likely
        on_it = softmax(outline.get_paths()[0].vertices @ W.T + b)
        assert abs(on_it[:, c] - on_it.max(axis=1)).max() < 0.1 and outline.get_linewidth() == 0.8
    assert len(ax.collections) == 3


def test_a_region_that_is_empty_has_no_outline():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Matplotlib warns of a contour that is nowhere
        ax = plot_regions((np.zeros((3, 2)), [1.0, 0.0, 0.0]), ax=plt.figure().gca())
    assert (ax.images[0].get_array() == 0).all() and not ax.collections


@pytest.mark.parametrize("score", [1 / 3, 1e-14, -2.0])
def test_a_rounding_does_not_choose_between_classes_that_tie(score):
    ax = plot_regions(lambda X: np.tile([score - 1e-3 * abs(score), score, np.nextafter(score, 1)], (len(X), 1)))
    assert (ax.images[0].get_array() == 1).all()


def test_classes_differ_in_marker_and_in_lightness():
    assert len(set(CLASS_MARKERS)) == 3
    lightness = [np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)) for c in CLASS_COLORS]
    assert lightness[1] > 2 * max(lightness[0], lightness[2])  # green beside red, for eyes that mix them up


def test_signed_pictures_share_one_symmetric_scale():
    weights = np.linspace(-1, 2, 3 * 784).reshape(3, 784)
    figure = show_images(weights, titles=["0", "1", "2"], limit=2, colorbar=True)
    drawn = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(drawn) == 3
    for k, image in enumerate(drawn):
        np.testing.assert_array_equal(image.get_array(), weights[k].reshape(28, 28))
        assert image.get_clim() == (-2, 2) and image.get_cmap().name == "RdBu_r"


def test_digits_are_white_on_black():
    figure = show_images(np.zeros((6, 28, 28), np.uint8))
    drawn = [ax.images[0] for ax in figure.axes]
    assert len(drawn) == 6 and drawn[0].get_clim() == (0, 255) and drawn[0].get_cmap().name == "gray"
    assert show_images(np.zeros((1, 784))).axes[0].images[0].get_clim() == (0, 1)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: plot_points(np.zeros((3, 3)), [0, 1, 2]), r"X must have shape \(N, 2\); got \(3, 3\)"),
    (lambda: plot_points(np.zeros((2, 2)), [0, 3]), r"labels must hold 2 values from 0, 1, 2"),
    (lambda: plot_points(np.zeros((2, 2)), [0]), r"labels must hold 2 values.*got shape \(1,\)"),
    (lambda: show_images(np.zeros((2, 783))), r"images must have shape .*; got \(2, 783\)"),
    (lambda: show_images([]), r"images must hold at least one picture; got shape \(0,\)"),
    (lambda: show_images(np.zeros((0, 28, 28))), r"images must hold at least one picture; got shape \(0, 28, 28\)"),
    (lambda: show_images(np.zeros((2, 0))), r"images must hold at least one picture; got shape \(2, 0\)"),
    (lambda: show_images(np.zeros((2, 784)), columns=0), r"columns must be at least 1; got 0"),
    (lambda: show_images(np.zeros((2, 784)), limit=0), r"limit must be positive; got 0"),
    (lambda: show_images(np.zeros((2, 784)), titles=["a"]), r"titles must have an entry for each of 2 images; got 1"),
])
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_style():
    use_style()
    assert plt.rcParams["axes.spines.top"] is False and plt.rcParams["figure.constrained_layout.use"]


def test_the_style_is_whole_and_leaves_the_backend_of_a_plain_python_alone():
    use_style()
    ours = dict(plt.rcParams)
    plt.rcParams.update({"image.cmap": "gray", "lines.linestyle": ":", "savefig.transparent": True})
    use_style()
    assert dict(plt.rcParams) == ours and plt.get_backend() == "agg"


def drawn(x, y, **style):
    ax = plt.figure().gca()
    ax.plot(x, y, **style)
    return describe(ax.figure)


def test_a_description_tells_other_data_scales_and_colours_apart():
    x, y = np.arange(5.0), np.array([0.0, 1, 4, 9, 16])
    texts = {drawn(x, y), drawn(x, -y), drawn(x, y[::-1]), drawn(y, x), drawn(x[1:], y[1:]), drawn(x, 2 * y),
             drawn(x, y, color="red"), drawn(x, y, marker="s")}
    assert len(texts) == 8
    picture = np.arange(784.0) / 784
    pictures = {describe(show_images([image], limit=limit)) for image, limit in (
        (picture, 1), (picture.reshape(28, 28).T, 1), (picture, 2), (picture, None), (-picture, 1))}
    assert len(pictures) == 5
    figure = show_images([picture], limit=1)
    before = describe(figure)
    figure.axes[0].images[0].set_cmap("RdBu")
    assert describe(figure) != before


def test_a_description_does_not_see_rounding():
    x, y = np.linspace(0, 1, 9), np.sin(np.arange(9.0))
    assert drawn(x, y) == drawn(x * (1 + 1e-12), y + 1e-13)
    assert drawn([0, 1], [0.25, 0.0]) == drawn([0, 1], [0.25 * (1 - 1e-15), -1e-17])
    assert "-0.00" not in drawn([0, 1], [-1e-9, 1.0])


def test_a_description_tells_where_texts_stand_and_how_wide_arrows_are():
    def noted(place, shown, width):
        ax = plt.figure().gca()
        ax.text(*place, "here")
        ax.annotate("there", shown, (5, 5), arrowprops={"arrowstyle": "->", "lw": width})
        return describe(ax.figure)

    texts = {noted((1, 2), (3, 4), 1), noted((1, 3), (3, 4), 1), noted((1, 2), (3, 5), 1), noted((1, 2), (3, 4), 2)}
    assert len(texts) == 4
    assert "there x 2 of 3 (0.67, 0.33) y 2 of 4 (0.75, 0.25), arrows 1 of 2" in noted((1, 2), (3, 4), 2)


def test_a_description_covers_what_the_chapters_draw():
    figure, axes = plt.subplots(1, 3)
    plot_points([[0.0, 1.0], [1.0, 0.0]], [0, 2], ax=axes[0])
    axes[0].legend()
    axes[1].bar(["a", "b"], [1.0, 2.0], color="#0072b2")
    axes[1].set(yscale="log", ylim=(0.1, 10), title="bars")
    axes[2].fill_between([0, 1], [1, 2], color="black")
    axes[2].text(0, 0, "half")
    for place in ("right", "center", "left"):
        axes[2].set_title(place, loc=place)
    first, second, third = describe(figure).splitlines()[1:]
    assert "legend '0 (red) | 2 (blue)'" in first and first.count("PathCollection") == 2
    assert second.startswith("- title 'bars', y log, y from 0.1 to 10, patches #0072b2 x 2 of 1.4")
    assert "says 'half'" in third and "title 'leftcenterright'" in third and "#000000" in third
