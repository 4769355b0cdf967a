"""Writes year.txt: who is on call in 2026, found by someone who walks through the year minute by minute.

A second implementation that shares neither code nor method with coverage.ts: it never turns a local time into an instant.
It looks at the wall clock (zoneinfo) each minute and remembers the latest time that it has ever shown; that alone says
which turn it is. A skipped hour moves it on at once, a repeated one does not move it back.

    python3 alerts/on-call/test-data/walk.py
"""

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
BEGINS = datetime(2026, 1, 1, tzinfo=timezone.utc)
ENDS = datetime(2027, 1, 1, tzinfo=timezone.utc)
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def local(text):
    return datetime.fromisoformat(text)


def day_list(words):
    found = []
    for word in words:
        first, _, last = word.partition("-")
        day = DAYS.index(first)
        found.append(day)
        while last and DAYS[day] != last:
            day = (day + 1) % 7
            found.append(day)
    return found


def in_hours(entry, wall):
    """Whether the wall clock is within one entry of hours."""
    if " " in entry["from"]:
        marks = []
        for text in (entry["from"], entry["to"]):
            day, time = text.split()
            hours, minutes = map(int, time.split(":"))
            marks.append(DAYS.index(day) * 1440 + hours * 60 + minutes)
        now = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
        return (now - marks[0]) % 10080 < (marks[1] - marks[0]) % 10080
    now = wall.strftime("%H:%M")
    days = day_list(entry.get("days", ["mon-sun"]))
    if entry["from"] < entry["to"]:
        return wall.weekday() in days and entry["from"] <= now < entry["to"]
    yesterday = (wall.weekday() - 1) % 7
    return (wall.weekday() in days and now >= entry["from"]) or (yesterday in days and now < entry["to"])


def months_after(start, months):
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for day in range(start.day, 0, -1):
        try:
            return start.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue


def turn(rotation, wall):
    start = local(rotation["start"])
    every = rotation["every"]
    if every.startswith("month"):
        count = 0
        while months_after(start, count + 1) <= wall:
            count += 1
        return count
    number, unit = re.fullmatch(r"(\d+)([hdw])", every).groups()
    length = timedelta(**{{"h": "hours", "d": "days", "w": "weeks"}[unit]: int(number)})
    return (wall - start) // length


def of_rotation(rotation, wall):
    if wall < local(rotation["start"]) or wall < local(rotation.get("since", rotation["start"])):
        return None
    if "until" in rotation and wall >= local(rotation["until"]):
        return None
    hours = rotation.get("hours")
    if hours is not None and not any(in_hours(entry, wall) for entry in (hours if isinstance(hours, list) else [hours])):
        return None
    users = rotation["users"][turn(rotation, wall) % len(rotation["users"])]
    return [users] if isinstance(users, str) else users


def reached(text, now, wall):
    """Whether a time of an override has come."""
    if re.search(r"(Z|[+-]\d\d:\d\d)$", text):
        return now >= datetime.fromisoformat(text)
    return wall >= local(text)


def who(schedule, now, wall):
    for override in schedule.get("overrides", []):
        if reached(override["from"], now, wall) and not reached(override["to"], now, wall):
            return override.get("users") or [override["user"]]
    for rotation in reversed(schedule["rotations"]):
        users = of_rotation(rotation, wall)
        if users is not None:
            return users
    return []


lines = []
for name, schedule in json.loads((HERE / "year.json").read_text())["schedules"].items():
    zone = ZoneInfo(schedule["timezone"])
    lines.append(f"== {name}, {schedule['timezone']}")
    # The clock was read before the year began: nothing is repeated from there.
    latest = datetime.min
    before = None
    now = BEGINS
    while now < ENDS:
        shown = now.astimezone(zone).replace(tzinfo=None)
        latest = max(latest, shown)
        users = who(schedule, now, latest)
        if users != before:
            lines.append(f"{now:%Y-%m-%dT%H:%MZ} {shown:%a %m-%d %H:%M} {' '.join(users) or '-'}")
            before = users
        now += timedelta(minutes=1)
(HERE / "year.txt").write_text("\n".join(lines) + "\n")
