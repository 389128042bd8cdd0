"""Tests of `htmlcard.browser`: real Chromium, real processes, pictures seen pixel by pixel."""
