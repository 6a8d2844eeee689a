"""The version of the workbench, in one place."""

VERSION = "0.2.0.dev0"
