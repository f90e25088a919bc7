# The frame of every page.
skip = Skip to the page
menu = Menu
menu-daily = Daily
menu-stock = Stock
menu-house = House
nav-overview = Overview
nav-counter = Counter
nav-counts = Counts
nav-alerts = Alerts
nav-stockpile = Stockpile
nav-weapons = Weapons
nav-holds = Who holds what
nav-lost = Missing and lost
nav-destruction = Destruction
nav-readers = Readers
nav-places = Places
nav-people = People
nav-log = The log
signed-in-as = Signed in as
sign-out = Sign out
training = Training data. Nothing here is real, and it is gone when the demonstration ends.
read-only = The book is read-only.
trust-size = Log
trust-head = head
trust-witness = witnessed outside
trust-witness-none = no outside witness yet
health-ok = healthy
health-read-only = read-only
verify-now = Verify now
live-on = live
live-off = not live; reload to see changes
keys-title = Keys
keys-search = to the search field
keys-scan = to the scan field
keys-help = this list
keys-leave = leave a field
close = Close
show = Show
all = All
total = Total
print = Print
csv = CSV of this list
place = Place
everywhere = Everywhere
class = Class
state = State
next-page = Next page
first-page = First page
travel-now = As of now
travel-back = Back to now
travel-known = As we knew it (position or time, UTC)
travel-true = As it was (time, UTC)
travel-go = Show that time
travel-help = “As we knew it” leaves out what was recorded later. “As it was” includes what was learned late about that time.
travel-known-said = As we knew it at { $known }.
travel-true-said = As it was on { $true }, as far as we know now.
travel-both-said = As it was on { $true }, as we knew it at { $known }.
tone-ok = in order
tone-accent = to know
tone-watch = to watch
tone-alarm = alarm
tone-quiet = quiet
tone-plain = plain

ago-now = just now
ago-minutes = { $n ->
    [one] { $n } minute ago
   *[other] { $n } minutes ago
    }
ago-hours = { $n ->
    [one] { $n } hour ago
   *[other] { $n } hours ago
    }
ago-days = { $n ->
    [one] { $n } day ago
   *[other] { $shown } days ago
    }
in-minutes = { $n ->
    [one] in { $n } minute
   *[other] in { $n } minutes
    }
in-hours = { $n ->
    [one] in { $n } hour
   *[other] in { $n } hours
    }
in-days = { $n ->
    [one] in { $n } day
   *[other] in { $shown } days
    }
for-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
    }
for-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
    }
for-days = { $n ->
    [one] { $n } day
   *[other] { $shown } days
    }
