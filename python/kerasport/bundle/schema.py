"""Write the JSON Schemas of the bundle's documents: `python -m kerasport.bundle.schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from kerasport.bundle.metadata import Metadata, Parity, Samples
from kerasport.files import to_json, write_text

__all__ = ["SCHEMA_FOLDER", "schemas"]

SCHEMA_FOLDER = Path(__file__).parent / "schemas"


def schemas() -> dict[str, str]:
    """Return file name -> text of every schema, generated from the pydantic models."""
    documents: dict[str, type[BaseModel]] = {
        "metadata": Metadata,
        "samples": Samples,
        "parity": Parity,
    }
    texts = {}
    for name, document in documents.items():
        schema = document.model_json_schema(by_alias=True, mode="serialization")
        schema = {"$schema": GenerateJsonSchema.schema_dialect, **_without_field_titles(schema)}
        texts[f"{name}.schema.json"] = to_json(schema)
    return texts


def _without_field_titles(node: Any) -> Any:
    """Drop the titles that pydantic makes out of field names; types keep theirs."""
    if isinstance(node, list):
        return [_without_field_titles(child) for child in node]
    if not isinstance(node, dict):
        return node
    is_type = node.get("type") == "object"
    return {
        key: _without_field_titles(child)
        for key, child in node.items()
        if key != "title" or is_type or not isinstance(child, str)
    }


def main() -> None:
    """Write every schema into `kerasport/bundle/schemas/`."""
    for name, text in schemas().items():
        write_text(SCHEMA_FOLDER / name, text)


if __name__ == "__main__":
    main()
