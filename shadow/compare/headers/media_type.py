"""``content-type``: letter case, spacing, quotes and order of parameters do not count, nor does ``charset=utf-8`` on JSON, which is
UTF-8 anyway (RFC 8259 section 8.1), nor the ``boundary`` of a multipart body, which is made up for each one."""

from __future__ import annotations

from shadow.compare.media import parse_media


class MediaTypeSense:
    names = ("content-type",)

    def sense(self, lines: tuple[str, ...], origins: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - no URL in it
        media = parse_media(lines[-1])
        implied = ("charset", "utf-8") if media.is_json else None
        multipart = media.type.startswith("multipart/")
        return (
            media.type,
            *(
                f"{name}={value}"
                for name, value in media.parameters
                if (name, value) != implied and not (multipart and name == "boundary")
            ),
        )


SENSE = MediaTypeSense()
