"""A folder as Teachable Machine exports it, for whatever reads these."""

from kerasport.exporter.formats.teachable_machine.folder import write_teachable_machine

__all__ = ["write_teachable_machine"]
