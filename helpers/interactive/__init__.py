"""The interactive figures: live widgets in Jupyter and Colab, and working figures on a page without a kernel."""

from helpers.interactive.scores_to_probabilities import ScoresToProbabilities

__all__ = ["ScoresToProbabilities"]
