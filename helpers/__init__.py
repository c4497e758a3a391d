"""What the seven chapters of the softmax regression course share.

``softmax`` is the model's mathematics in NumPy, ``data`` the two data sets, ``training`` the
PyTorch side and ``plotting`` the figures. Import what you need by name, as the chapters do.
"""
