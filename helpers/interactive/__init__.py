"""The interactive figures: live widgets in Jupyter and Colab, and working figures on a page without a kernel."""

from helpers.interactive.descent import Descent
from helpers.interactive.draw_a_digit import DrawADigit
from helpers.interactive.jacobian_explorer import JacobianExplorer
from helpers.interactive.likelihood import Likelihood
from helpers.interactive.live import live
from helpers.interactive.plane import Plane
from helpers.interactive.practice import try_out
from helpers.interactive.question import Question
from helpers.interactive.scores_to_probabilities import ScoresToProbabilities
from helpers.interactive.weight_pictures import WeightPictures

__all__ = ["Descent", "DrawADigit", "JacobianExplorer", "Likelihood", "Plane", "Question",
           "ScoresToProbabilities", "WeightPictures", "live", "try_out"]
