"""How nano's weights are made: scenes drawn by code, an autoencoder, a rectified-flow transformer, the export.

Run its modules from the repository's root (`python -m training.make_scenes`, and so on; README.md here has the order).
It may import the package; the package never imports it, and nothing here is installed with it.
"""
