"""Tests of `htmlcard.images`: real pictures, decoded again by Pillow."""
