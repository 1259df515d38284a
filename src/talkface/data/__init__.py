"""Data sets, window sampling, augmentation and DataModules: reads packed corpora, never writes them."""
