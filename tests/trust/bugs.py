"""The 25 planted bugs: what the new service does wrong, how often, and which signature a person should find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.trust.reply import Reply


@dataclass(frozen=True, slots=True)
class Bug:
    """Shows in every ``every``-th item of its route. ``signature`` is the (path, kind) that names it."""

    name: str
    route: str
    every: int
    signature: tuple[str, str]
    plant: Callable[[Reply], None]

    def hits(self, number: int) -> bool:
        return number % self.every == self.phase

    @property
    def phase(self) -> int:
        """Bugs of one route meet different items."""
        return _PHASES[self.name]


def _bug(route: str, every: int, signature: tuple[str, str]) -> Callable[[Callable[[Reply], None]], Bug]:
    def planted(plant: Callable[[Reply], None]) -> Bug:
        bug = Bug(plant.__name__.replace("_", " "), route, every, signature, plant)
        BUGS.append(bug)
        return bug

    return planted


BUGS: Final[list[Bug]] = []


@_bug("orders", 101, ("$.lines[].price", "values_changed"))
def a_price_is_off_by_a_cent(reply: Reply) -> None:
    reply.document["lines"][1]["price"] = round(reply.document["lines"][1]["price"] + 0.01, 2)


@_bug("orders", 103, ("$.lines[].quantity", "type_changes"))
def a_number_is_sent_as_text(reply: Reply) -> None:
    reply.document["lines"][0]["quantity"] = str(reply.document["lines"][0]["quantity"])


@_bug("orders", 107, ("$.note", "dictionary_item_removed"))
def null_is_left_out(reply: Reply) -> None:
    del reply.document["note"]


@_bug("orders", 109, ("$.lines[]", "iterable_item_removed"))
def the_first_line_is_lost(reply: Reply) -> None:
    del reply.document["lines"][0]


@_bug("orders", 113, ("$.lines[]", "repetition_change"))
def a_line_is_sent_twice(reply: Reply) -> None:
    reply.document["lines"].insert(1, dict(reply.document["lines"][0]))


@_bug("orders", 127, ("$.lines[]", "iterable_item_moved"))
def lines_are_sorted_otherwise(reply: Reply) -> None:
    reply.document["lines"].reverse()


@_bug("orders", 131, ("$.reference", "values_changed"))
def a_long_number_went_through_a_float(reply: Reply) -> None:
    exact = reply.document["reference"]
    rounded = int(float(exact))
    reply.document["reference"] = rounded if rounded != exact else exact + 1


@_bug("orders", 137, ("$.paid", "type_changes"))
def true_became_1(reply: Reply) -> None:
    reply.document["paid"] = 1


@_bug("orders", 139, ("status", "values_changed"))
def some_orders_are_not_found(reply: Reply) -> None:
    reply.status, reply.document = 404, {"error": "no such order"}


@_bug("orders", 149, ("$.total", "values_changed"))
def the_tax_is_missing(reply: Reply) -> None:
    reply.document["total"] = round(reply.document["total"] / 1.19, 2)


@_bug("search", 53, ("$.items[]", "iterable_item_removed"))
def a_result_is_missing(reply: Reply) -> None:
    del reply.document["items"][3]


@_bug("search", 59, ("$.items[].title", "values_changed"))
def a_title_is_cut(reply: Reply) -> None:
    reply.document["items"][2]["title"] = reply.document["items"][2]["title"][:6]


@_bug("search", 61, ("$.total", "values_changed"))
def the_total_counts_one_page(reply: Reply) -> None:
    reply.document["total"] = -1


@_bug("search", 67, ("$.next", "type_changes"))
def the_cursor_ends_too_early(reply: Reply) -> None:
    reply.document["next"] = None


@_bug("profile", 53, ("$.session", "dictionary_item_removed"))
def the_token_is_left_out(reply: Reply) -> None:
    del reply.document["session"]


@_bug("profile", 59, ("$.user.name", "values_changed"))
def a_name_is_decoded_twice(reply: Reply) -> None:
    reply.document["user"]["name"] = (reply.document["user"]["name"] + " ü").encode().decode("latin-1")


@_bug("inventory", 53, ("$.currency", "values_changed"))
def the_currency_is_wrong(reply: Reply) -> None:
    reply.document["currency"] = "USD"


@_bug("page", 53, ("$.html.body.ul.li[].a.@href", "values_changed"))
def a_link_leads_elsewhere(reply: Reply) -> None:
    reply.document = reply.document.replace('href="/items/', 'href="/item/', 1)


@_bug("page", 59, ("$.html.body.ul.li[].a.#text", "values_changed"))
def text_is_escaped_twice(reply: Reply) -> None:
    reply.document = reply.document.replace("&amp;", "&amp;amp;", 1)


@_bug("page", 61, ("$.html.body.ul.li[]", "iterable_item_removed"))
def an_entry_of_a_list_is_missing(reply: Reply) -> None:
    first, _, rest = reply.document.partition("<li>")
    reply.document = first + rest.partition("</li>")[2]


@_bug("feed", 53, ("$.feed.entry[].price.@currency", "values_changed"))
def an_attribute_is_wrong(reply: Reply) -> None:
    reply.document = reply.document.replace('currency="EUR"', 'currency="USD"', 1)


@_bug("export", 53, ("body", "iterable_item_removed"))
def a_line_of_an_export_is_missing(reply: Reply) -> None:
    lines = reply.document.split("\n")
    del lines[7]
    reply.document = "\n".join(lines)


@_bug("download", 53, ("body", "values_changed"))
def a_download_is_cut(reply: Reply) -> None:
    reply.document = reply.document[:1900]


@_bug("away", 53, ("header:location", "values_changed"))
def a_redirect_forgets_its_query(reply: Reply) -> None:
    reply.headers = [(n, v.removesuffix("?from=away") if n == "Location" else v) for n, v in reply.headers]


@_bug("events", 53, ("$[].state", "values_changed"))
def an_event_has_another_word(reply: Reply) -> None:
    reply.document[4]["state"] = "Packed"


_PHASES: Final = {bug.name: index for index, bug in enumerate(BUGS)}


def bug_of(route: str, number: int) -> Bug | None:
    """The bug that item ``number`` of a route meets; the first of two."""
    return next((bug for bug in BUGS if bug.route == route and bug.hits(number)), None)
