"""What the chapters of the softmax regression course share.

``softmax`` is the model's mathematics in NumPy, ``points`` and ``mnist`` are the two data sets, ``training`` is the
PyTorch side, ``plotting`` draws the figures and ``describe`` puts them into words, ``digits`` holds a stored model, and
``interactive`` the figures that move. Import what you need by name, as the chapters do.
"""
