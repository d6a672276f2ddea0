"""The definition of repeated runs of terms in plain Python, for the tests of the kernel and of Gopher's rules."""

from collections import Counter

from curate.kernels.terms import WEIGHT


def ends_of(weights, size):
    """For each place: where a run of so many terms ends, the shortest that weighs within 2 of them; none where it is cut."""
    ends, end, weighs = [], 0, 0
    for place in range(len(weights)):
        while end < len(weights) and weighs < size * WEIGHT - 2:
            weighs += weights[end]
            end += 1
        ends.append(end if weighs >= size * WEIGHT - 2 else None)
        weighs -= weights[place]
    return ends


def repeats_in_plain_python(hashes, chars, weights, size):
    """(characters of the most frequent run, how often it stands there, characters of runs passed before)."""
    ends = ends_of(weights, size)
    runs = {place: tuple(hashes[place:end]) for place, end in enumerate(ends) if end is not None}
    if not runs:
        return 0, 0, 0
    top, times = Counter(runs.values()).most_common(1)[0]
    where = next(place for place, run in runs.items() if run == top)
    seen, again, place = set(), 0, 0
    while place in runs:
        if runs[place] in seen:
            again += sum(chars[place : ends[place]])
            place = ends[place]
        else:
            seen.add(runs[place])
            place += 1
    return times * sum(chars[where : ends[where]]), times, again
