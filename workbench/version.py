"""The version of the workbench, in one place."""

VERSION = "0.1.0"
