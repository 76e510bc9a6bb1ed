"""Bytes on disk to documents: parsers, downloads, question sets and a small sample corpus."""
