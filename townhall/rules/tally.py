"""Results of polls, worked out from everyone's last answer. Whoever is given them may publish them as they are.

- *One answer, several answers*: how many chose each option, and what share of those who answered that is.
- *Rating*: how many gave each number from 1 to 5, and the mean.
- *Putting in order*: points after Borda. With five options the first place of an answer gives 5 points, the second 4,
  … the last 1. The option with most points has place 1; options with equal points share a place, and say so. Three
  people who order A B C, A C B and B A C give A 3 + 3 + 2 = 8 points, B 2 + 1 + 3 = 6, C 1 + 2 + 1 = 4.
- *Words*: how many people gave each word, however they wrote it. Shown are those that two people or more gave and that
  hold none of the deployment's listed words: nobody can put something of theirs alone onto the screen. How many words
  that leaves out is said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from app.core.text.plain import fold
from townhall.rules.answers import RATINGS, Asked
from townhall.rules.polls import PollKind

Answer = Mapping[str, Any]
Results = dict[str, Any]
#: from how many people on a word is shown
SHOWN_FROM = 2
WORDS_MOST = 100


def tally(poll: Asked, answers: Sequence[Answer], is_listed: Callable[[str], bool] = lambda _word: False) -> Results:
    """``{"answers": n, "options": [{"id", "count", "percent"}, …]}`` in the poll's order; a rating with ``mean``, its ids
    being the numbers; a ranking with ``points``, ``place`` and ``tied`` an option; a cloud ``words`` (``word``,
    ``count``) and ``left_out``, how many different words are not shown."""
    kind = PollKind(poll.kind)
    results: Results = {"answers": len(answers)}
    if kind is PollKind.CLOUD:
        return results | _of_words([answer["words"] for answer in answers], is_listed)
    chosen = [answer["choices"] for answer in answers]
    if kind is PollKind.RANKING:
        return results | {"options": _borda([int(option["id"]) for option in poll.options], chosen)}
    if kind is PollKind.RATING:
        given = [one for choices in chosen for one in choices]
        results["mean"] = round(sum(given) / len(given), 2) if given else None
        return results | {"options": _counted(RATINGS, chosen)}
    return results | {"options": _counted([int(option["id"]) for option in poll.options], chosen)}


def _counted(offered: Iterable[int], chosen: Sequence[Sequence[int]]) -> list[Results]:
    counts = Counter(one for choices in chosen for one in choices)
    people = len(chosen)
    return [
        {"id": one, "count": counts[one], "percent": round(100 * counts[one] / people, 1) if people else 0.0}
        for one in offered
    ]


def _borda(offered: Sequence[int], orders: Sequence[Sequence[int]]) -> list[Results]:
    points = dict.fromkeys(offered, 0)
    for order in orders:
        for place, one in enumerate(order):
            points[one] += len(offered) - place
    having = Counter(points.values())
    return [
        {
            "id": one,
            "points": points[one],
            "place": 1 + sum(more > points[one] for more in points.values()),
            "tied": having[points[one]] > 1,
        }
        for one in offered
    ]


def _of_words(given: Sequence[Sequence[str]], is_listed: Callable[[str], bool]) -> Results:
    """The word that most people wrote stands for all that are the same once folded."""
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for words in given:
        for folded, word in {fold(word): word for word in words}.items():
            written[folded][word] += 1
    counts = {folded: forms.total() for folded, forms in written.items()}
    shown = [folded for folded, count in counts.items() if count >= SHOWN_FROM and not is_listed(folded)]
    shown = sorted(shown, key=lambda folded: (-counts[folded], folded))[:WORDS_MOST]
    return {
        "words": [{"word": _usual(written[folded]), "count": counts[folded]} for folded in shown],
        "left_out": len(counts) - len(shown),
    }


def holds_any(word: str, listed: Iterable[str]) -> bool:
    """Whether a listed word or phrase stands in it as words of its own, however either is written."""
    given = f" {_spaced(word)} "
    return any(f" {_spaced(one)} " in given for one in listed)


def _spaced(text: str) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in fold(text)).split())


def _usual(forms: Counter[str]) -> str:
    return min(forms, key=lambda form: (-forms[form], form))
