# Words that many pages share.
do-it = Enter it
enter = Enter
optional = (if any)
why = Why
by = by
since = since
until = until
due = due
name = Name
name-sealed = (kept sealed)
person = Person
model = Model
maker = Maker
calibre = Calibre
country = Country
year = Year
serial = Serial
owner = Owner
origin = How it came
source = Ledger line or document
holder = Holder
custodian = Custodian
on-record = On record
last-sensed = Last sensed
disposition = Disposition
line = Line
result = Result
stage = Stage
what = What
level = Level
when-utc = When (UTC)
recorded-utc = Recorded (UTC)
occurred-utc = Happened, as claimed (UTC)
leaf = Leaf
acts = What you can do
password = Password
service-number = Service number
role = Role
asked-by = Asked by
approved-by = approved by
recorded-by = Recorded by
checked-by = Checked by
receiver = Receiver
receiver-confirmed = receiver confirmed
receiver-silent = receiver has not confirmed
authority = Order or authority
clear = Clear
opened = opened
check = Check
heard = Heard
times = { $n ->
    [one] once
   *[other] { $shown } times
    }
items = { $n ->
    [one] { $n } item
   *[other] { $shown } items
    }
earlier = It happened earlier, or on paper first
earlier-when = When (UTC)
earlier-basis = Known from
second-help = The second person signs here with his own number and password. It must be another person.
second-number = Service number of the second person
second-here = The second person signs at this screen

# Overview
overview-title = What is here, and what needs a person?
overview-figures = Numbers
figure-on-charge = on charge
figure-on-record = on record
figure-in-store = in store
figure-issued = issued
figure-in-transit = in transit
figure-elsewhere = elsewhere
figure-pending = destruction pending
figure-unaccounted = unaccounted
figure-lost = lost
needs-title = Needs a person
needs-none = Nothing waits for you
needs-none-text = Counts to sign, requests by another person, overdue weapons and alerts will stand here.
need-overdue = { $n ->
    [one] One weapon is overdue
   *[other] { $shown } weapons are overdue
    }
need-count-open = A count is being taken: { $place }
need-count-sign = A closed count waits for its signature: { $place }
need-case = { $stage }: { $weapon }
need-case-close = A request to close a case waits for a second person: { $weapon }
need-batch = A destruction batch waits for a second person: { $number }
need-grants = { $n ->
    [one] A right waits for a second person
   *[other] { $shown } rights wait for a second person
    }
need-gateways = { $n ->
    [one] A gateway waits for a second person
   *[other] { $shown } gateways wait for a second person
    }
chart-title = Stock over 90 days
chart-on-charge = on charge
chart-in-store = in store
chart-told = On charge: { $first } at the beginning, { $last } now.
chart-none = The line begins when the book is two days old.
scans-title = Last scans
scans-none = Nothing heard yet
scans-none-text = What a reader or scanner hears stands here within a moment. Enrol a gateway on the page of the readers.
scan-not-in-book = not in the book

# Scanning
scan-field = Scan, or key a serial
scan-ready = Ready
scan-ready-text = Scan a code or tag, or key a serial and press Enter.
scan-not-stored = Not stored yet. Keep the page open; it is sent again.
scan-weapon = Weapon
scan-place = Where you stand
wire-received = received
wire-stored = stored
wire-shown = shown
sound-off = Sound off
answer-counted = Counted
answer-again = Again
answer-not-expected = Not expected here
answer-unknown = Unknown
answer-look = Needs a look
answer-several = More than one weapon has this serial
answer-scanned = Scanned
answer-withdrawn = taken back
answer-refused = Not stored

# Stockpile
stockpile-title = What is in the stockpile?
stockpile-summary = { $place }: { $count } on record.
stockpile-group = Group by
stockpile-none = Nothing stands here
stockpile-none-text = Choose another place or fewer words. The stockpile fills when weapons are registered or a ledger is imported.
group-model = model
group-place = place
group-both = place and model
group-class = class
column-class = Class
column-place = Place
column-maker-model = Model
column-calibre = Calibre

# Weapons
weapons-title = Which weapons?
weapons-total = { $n ->
    [one] { $n } weapon
   *[other] { $shown } weapons
    }
weapons-search = Serial, or a part of it; ? for what cannot be read; or a tag
weapons-none = No weapon is in the book yet
weapons-none-text = Weapons stand here with their serials. Register one by its marks, or import the ledger you have kept.
weapons-none-found = No weapon fits these words
weapons-none-found-text = Take a word away, or write ? for a character that cannot be read. Look-alike letters are found by themselves.
register = Register a weapon
import = Import a ledger
csv-serial = serial
csv-maker = maker
csv-model = model
csv-calibre = calibre
csv-class = class
csv-state = state
csv-since = since (UTC)
csv-place = place
csv-holder = holder
csv-last-sensed-at = last sensed (UTC)
csv-last-sensed = last sensed at
csv-case = case
csv-weapon = weapon
csv-owner = owner
csv-last-custodian = last custodian
csv-last-holder = last holder
csv-discovered = discovered (UTC)
csv-cause = cause
csv-circumstances = circumstances
csv-declared-at = declared (UTC)
csv-declared-by = declared by
csv-reported-to = reported to
csv-recovered = recovered (UTC)
csv-days-open = days open
csv-result = stage

# Register and import
register-title = Register a weapon
register-text = Write every mark exactly as it is stamped: leading zeros, spaces and letters of any script.
register-how = How it came here
register-place = Put at
register-component = Part that carries it
register-method = How it is made
register-go = Register
duplicate-reason = Why it is entered although this identity stands in the book
import-title = Import a ledger
import-text = The lines are looked at first; nothing is entered until you say so.
import-place = The weapons stand at
import-owner-help = (for lines that name none)
import-file = A CSV file
import-csv = Its lines
import-columns = First line: the names of the columns. Needed are serial, maker, model, calibre and class; the rest if known:
import-look = Look at the lines
import-apply = { $n ->
    [one] Enter { $n } line
   *[other] Enter { $shown } lines
    }
import-report = Line by line
import-ready = { $n ->
    [one] { $n } line is good
   *[other] { $shown } lines are good
    }
import-refused = { $n ->
    [one] { $n } refused
   *[other] { $shown } refused
    }
import-done = { $n ->
    [one] { $n } weapon entered
   *[other] { $shown } weapons entered
    }
import-good = good
import-entered = entered
import-twice = stands in the book already; register it alone, with the reason

# One weapon
print-record = Print record
weapon-facts = On record and last sensed
band-provisional = Provisional: taken in before it could be identified.
band-against-book = The last act went against what the book said. A finding is open.
band-duplicate = Its identity stands in the book more than once. Two people must look.
band-case = A case is open for this weapon.
other-record = the other record
namesake = a weapon with a serial that looks the same
assigned-to = assigned to
never-sensed = never sensed or sighted
older-than-policy = older than the policy allows
unknown-since = unknown since
trail = Trail
trail-help = newest first; a dotted line is time without evidence
trail-seen = Sensed
trail-seen-times = { $n ->
    [one] Sensed once
   *[other] Sensed { $shown } times
    }
trail-gap = { $long } without evidence
trail-gap-still = { $long } without evidence until now
by-book = by rule of the book
by-gateway = gateway { $key }
recorded-later = recorded { $long } later
marks-as-stamped = Marks, as stamped
mark-kind = Kind of mark
mark-text = Text, exactly as stamped
mark-position = Where on the part
tags = Tags
tags-none = No tag is bound. Barcode, keyed serial and eye are as good.
tag-retire = Retire
tag-retired = retired
parts-removed = Parts removed
part = Part
part-kept-at = Kept at
part-restore = Put back
epc = EPC (hex)
tid = Chip serial TID (hex)
acknowledgement = Acknowledged by
purpose = Purpose
due-back = Due back (UTC)
handed-in-by = Handed in by
document-kind = Kind of document
document-number = Document number
circumstances = Circumstances
missed-from = Missed from
act-issue-title = Issue to a person
act-return-title = Take it in
act-rack-title = Put in another rack
act-send-title = Send out under a document
act-confirm-title = Confirm that the receiver has it
act-assign-title = Assign for the long term (empty ends it)
act-part-title = Remove a part
act-tag-title = Bind a tag
act-mark-title = Record a mark
act-disposition-title = Decide what is to become of it
act-recover-title = Book it as recovered
act-restore-title = Release from examination into store
act-missing-title = Report it missing
act-missing-help = This opens a case. Nobody is accused and nothing is declared lost; a search comes first.
act-missing-go = Report it missing
record-title = Weapon record
record-sub = for tracing; made from the internal record
record-note = A tag read is evidence of the tag, not of the weapon. Gaps are times without evidence. This is the internal record: an answer to a request from outside is made from a releasable version of it.

# Counter
counter-issue-title = Issue to whom?
counter-return-title = What comes back?
counter-issue = Issue
counter-return = Return
counter-first-person = Key the person’s service number first.
counter-issued = Issued
counter-returned = Taken in
counter-refused = Not entered
counter-was = the book said: { $state }
person-unknown = not in the book
held-total = { $n ->
    [0] holds nothing
    [one] holds { $n } weapon
   *[other] holds { $shown } weapons
    }
return-place = Put at
return-own-rack = the place on record
holds-title = Who holds what?
holds-title-of = What does { $number } hold?
holds-none = Nothing is in these hands
holds-none-text = Weapons issued to this number stand here until they are taken in.
overdue-title = Overdue
overdue-none = Nothing is overdue
overdue-none-text = Weapons that were due back and are not stand here.

# Counts
counts-title = What was counted, and when?
counts-none = No count has been taken
counts-none-text = The first count of a place is its baseline. Open one beside this list.
count-kind = Kind
count-opened = Opened
count-open-title = Open a count
count-open-go = Open the count
counters = Counters
counters-help = (service numbers, a comma between)
blind = blind
blind-question = Blind?
blind-yes = Blind: the counters see what they scanned, and nothing else
blind-no = Open: expected, still to see and extra are shown
blind-help = A blind count shows only what has been scanned. The result stands when it is closed.
count-title = What did the count find? { $place }
count-title-open = What is here? { $place }
count-expected = expected
count-sighted = sighted
count-sealed = sealed
count-by-document = by document
count-still = still to see
count-missing = missing
count-in-case = under a case
count-extra = extra
count-scanned = scanned so far
countstage-open = being counted
countstage-closed = closed, not signed
countstage-signed = signed
countstage-refused = signature refused
countstage-abandoned = called off
readers-hearing = { $n ->
    [0] no reader here; scanner, serial and eye are as good
    [one] { $n } reader hearing
   *[other] { $shown } readers hearing
    }
readers-deaf = Not hearing, so items may have been missed:
readers-deaf-paper = Readers not hearing
still-title = Still to see, by rack
still-none = Nothing is still to see
missing-title = Missing
in-case-title = Under a case that two have not closed
extra-title = Seen and not expected here
misplaced-title = Seen in another place than on record
unknown-title = Read and not in the book
by-document-title = Elsewhere by document
document-by = opened by
seen-at = Seen at
tick-by-eye = Seen by eye
take-back = take back
last-ten = Last 10 scans
last-ten-none = Scans stand here, the newest first.
count-close-title = Close the count
count-close-help = What is still to see becomes missing, and a case is opened for each. Recount first if you doubt it.
count-close-go = Close the count
count-recount-title = Order a recount by a second person
count-abandon-title = Call the count off
count-abandon-go = Call it off
count-sign-title = Read and sign
count-sign-help = Signed by somebody other than the custodian, the statement becomes a certificate. This is what is signed:
count-sign-go = Sign
count-refuse-title = Refuse to sign
count-refuse-go = Refuse
reservation = Reservation
statement = Count statement
certificate = Count certificate
not-signed = COUNT STATEMENT, NOT SIGNED
statement-title = Count of { $place }
statement-share = Sighted or sealed: { $share } of what was expected.
statement-snapshot = Expected as on record before position
levels = How sure
recounts = Recounted by

# Missing and lost
lost-title = What is missing?
lost-open = Open cases
lost-open-none = Nothing is missing
lost-open-none-text = A weapon that a count misses, or that somebody reports missing, stands here until two people close its case.
lost-register = Lost register
lost-register-help = every loss, for ever
lost-register-none = No loss has been presumed or declared
lost-register-none-text = A loss stays on this register for ever, also when the weapon is recovered.
discovered = Discovered
cause = Cause
days-open = Days open
days-open-n = { $n ->
    [one] { $n } day
   *[other] { $shown } days
    }
case = Case
case-title = Where is { $serial }?
case-facts = What is known
case-count = the count that missed it
case-search-title = Log a search
case-explain-title = Explain it: found, or accounted for
case-explain-help = For a weapon found or accounted for before any loss was declared.
case-presume-title = Presume it lost
case-declare-title = Declare it lost
case-declare-help = A declared loss is reported outside and stays on the register for ever.
case-report-title = Record a report to someone outside
case-recover-title = It is recovered
case-close-title = Ask to close the case
case-close-help = Another person closes it.
case-close-waits = A request to close this case waits for a second person
case-close-go = Close the case
case-refuse-go = Refuse to close
casestage-unaccounted = Unaccounted
casestage-searched = Searched
casestage-presumed-lost = Presumed lost
casestage-lost = Declared lost
casestage-reported = Reported
casestage-recovered = Recovered
casestage-explained = Explained
casestage-closed = Closed
searches = Searches
searches-none = Log each search: place, person, documents.
searched = What was searched
search-result = What came of it
explanation = How it is explained
found-at = Found and put at
found-nowhere = not found; accounted for by a document
held-at = Held at
last-seen = Last seen by anyone (UTC)
last-custodian = Custodian then
last-holder = Holder then
reported-to = Reported to
reference = Reference
reports = Reports
declared = Declared
recovered-how = How it ended
outcome = Outcome
outcome-unrecovered = not recovered
outcome-recovered = recovered
outcome-declared_in_error = declared in error
evidence = Evidence
loss-report = Loss report
loss-not-declared = NO LOSS IS DECLARED

# Destruction
destruction-title = What waits for destruction?
destruction-total = { $n ->
    [one] { $n } weapon is designated
   *[other] { $shown } weapons are designated
    }
destruction-pending = Designated, not yet destroyed
destruction-none = Nothing waits for destruction
destruction-none-text = A weapon stands here once its disposition is “destroy”, until two people have verified that it is destroyed.
designated = Designated
days-pending = Days pending
batch = Batch
batches = Batches
batches-none = A batch lists weapons, checks each serial from the metal, and ends in a certificate.
batch-open-title = Open a batch
batch-open-go = Open the batch
batch-number = Number
batch-title = Batch { $number }
batch-listed = listed
batch-checked = serials agree
batch-items = Items
batch-empty = Nothing is listed
batch-empty-text = List weapons whose disposition is “destroy”.
batch-list-title = Designated, in no batch
batch-list-go = List
batch-free-none = Every designated weapon is in a batch.
batch-lock-title = Lock the list
batch-lock-help = Every serial must be checked from the metal first. Nothing leaves a locked batch without a second person.
batch-lock-go = Lock
batch-record-title = Record the destruction
batch-record-go = Record the destruction
batch-verify-waits = Destruction recorded; two verifiers who did not operate sign
batchstage-open = being listed
batchstage-locked = locked
batchstage-recorded = recorded, to be verified
batchstage-confirmed = destroyed, confirmed
serial-as-read = Serial as read from the metal
take-off = Take off
release-ask = Take it out
release-waits = A request to take a weapon out waits for a second person
release-go = Let it out
destroyed-method = Method
destroyed-at = Where
operators = Operators
scrap = Scrap
witnesses = Witnesses
verifiers = Verifiers
witness-title = Enter a witness’s signature
witness-go = Enter the witness
organization = Organization
verify-go = Verify that these weapons were destroyed
destruction-certificate = Destruction certificate
not-confirmed = NOT YET CONFIRMED BY TWO
certificate-title = { $n ->
    [one] { $n } weapon destroyed
   *[other] { $shown } weapons destroyed
    }
certificate-title-not-yet = { $n ->
    [one] { $n } weapon listed for destruction, not destroyed
   *[other] { $shown } weapons listed for destruction, not destroyed
    }
certificate-statement-not-yet = No destruction is recorded. This is a list, not a certificate.
certificate-statement = The serials above were read from the metal and compared with the book before the batch was locked. The undersigned saw the weapons destroyed beyond repair and reassembly.

# Alerts
alerts-title = What went wrong, and what is next?
alerts-help = One line for each cause.
alerts-none = No alert is open
alerts-none-text = When a scan or an act contradicts the book, one line stands here with what to do next.
alert-audience = Shown to:
alert-last = last
alert-take = Take it on
alert-resolve = Done with
alert-finding = What was found
alert-oldest-first = one at a time, the oldest first
alert-destroyed-read = { $count ->
    [one] A weapon that the book calls destroyed was read
   *[other] A weapon that the book calls destroyed was read { $count } times
    }
alert-destroyed-read-next = Freeze the certificate, go and look, and have the auditor with you.
alert-lost-read = { $count ->
    [one] A lost weapon was read
   *[other] A lost weapon was read { $count } times
    }
alert-lost-read-next = Go there with a second person before anyone is told; secure it, read its marks, book it as recovered.
alert-other-chip = { $count ->
    [one] A known tag answered with another chip
   *[other] Known tags answered with another chip, { $count } times
    }
alert-other-chip-next = Read the serial from the metal: the tag may be a copy. Retire the tag if it is.
alert-retired-tag-read = { $count ->
    [one] A retired tag was read
   *[other] Retired tags were read { $count } times
    }
alert-retired-tag-read-next = Find the tag and destroy it, or bind it again.
alert-issued-in-rack = { $count ->
    [one] A weapon on issue was read in a rack
   *[other] Weapons on issue were read in a rack, { $count } times
    }
alert-issued-in-rack-next = Ask the holder: take the weapon in, or find whose rack it stands in.
alert-unknown-read = { $count ->
    [one] An unknown tag was read in a controlled place
   *[other] { $count } unknown tags were read in a controlled place
    }
alert-unknown-read-next = Find what carries it: bind the tag to its weapon, or take the tag away.
alert-against-book = { $count ->
    [one] An act went against what the book said
   *[other] { $count } acts went against what the book said
    }
alert-against-book-next = Compare weapon, paper and book; correct what is wrong with a second person.
alert-duplicate-identity = { $count ->
    [one] A weapon was entered whose identity stands in the book
   *[other] { $count } weapons were entered whose identity stands in the book
    }
alert-duplicate-identity-next = Put both side by side, photograph the marks, decide with a second person.
alert-waits-for-second = { $count ->
    [one] An act waits for its second person
   *[other] { $count } acts wait for their second person
    }
alert-waits-for-second-next = Find the second person today.
alert-gateway-gap = { $count ->
    [one] A gateway owned up to a gap in what it heard
   *[other] A gateway owned up to { $count } gaps in what it heard
    }
alert-gateway-gap-next = Recount what only that reader has seen since; look at its power and line.
alert-one-key-twice = { $count ->
    [one] A gateway’s key is used by a second gateway, or from an older copy of its outbox
   *[other] { $count } times a gateway’s key was used by a second gateway, or from an older copy of its outbox
    }
alert-one-key-twice-next = Go and see how many gateways run. If two do, close the key and enrol each with a key of its own; nothing they heard is lost.

# Readers
readers-title = Who is listening?
readers-none = No reader is known
readers-none-text = Readers stand here as soon as an enrolled gateway tells of them. Everything also works with scanner, serial and eye.
reader = Reader
condition = Condition
condition-unknown = never told
condition-hearing = hearing
condition-port_lost = line lost
condition-silent = silent
condition-throttled = slowed by heat
condition-antenna_fault = antenna or cable bad
condition-reads_lost = dropped reads
condition-radio_silence = radio silence, by order
condition-garbled = not understood
last-heard = Last heard
observations = Observations
gateways = Gateways
gateways-none = No gateway is known
gateways-none-text = Start muster-gateway beside the readers: it shows a code here and on its own screen.
enrolment = Enrolment
enrolment-unknown = not proposed
enrolment-proposed = waits for a second person
enrolment-enrolled = enrolled
enrolment-revoked = revoked
next-sequence = Next expected
gaps = Gaps
gateway-waits = A gateway asks to be let in
gateway-code-help = Go to the gateway and compare: its own screen must show the same code.
gateway-key = Key
gateway-from = From
gateway-propose-go = The codes are the same: propose it
gateway-second = A gateway waits for a second person
gateway-enrol-go = Let it in
gateway-revoke = Revoke
gateway-held-up = Nothing more comes from the gateway { $name }: what it signed is not understood here.
gateway-held-up-next = Nothing is lost, it keeps what it heard. Update this service if the gateway is newer, or the gateway if it is older.
strangers = Read and not in the book
strangers-help = tags and codes that no weapon carries

# Places
places-title = Where do things stand?
places-none = No place is known
places-none-text = A site, its rooms, racks and containers stand here, in the unit’s own words.
place-add = Add a place
place-add-go = Add
place-name = Name, in your own words
place-kind = Kind
place-within = Stands in
place-top = nothing: it is a site
place-change = change
place-closed = closed
rename = Rename
custodian-number = Service number of the custodian
name-custodian = Name the custodian

# People
people-title = Who may do what?
rank-unit = Rank, unit
rank = Rank
unit = Unit
rights = Rights
not-enrolled = known by number only
revoke = take away
until-revoked = until taken away
grant-waits = A right waits for a second person
grant-approve-go = Approve the right
grant-ask-title = Ask for a right
grant-ask-go = Ask for it
person-add = Enter a person
person-add-go = Enter
first-password = First password
first-password-help = (12 characters or more; empty = no account)
tokens = Your tokens for programs
token-label = What the token is for
token-make = Make a token, good for a year
token-drop = Take back
token-dropped = The token is taken back.
token-once = A new token
token-once-text = It is shown this once. Copy it now; nobody can show it again.

# The log
log-title = Can this book be trusted?
log-head = Size and head
log-size = events
log-checkpoint = Signed checkpoint
log-key = Key that verifies it
log-find = Event at position
log-print = Print this page and keep it
log-proves = What this proves
log-proves-1 = With a head held outside, on paper or by a witness: nothing recorded up to that head was changed, removed or put in between.
log-proves-2 = Each event stands where it says, by a chain of hashes that anyone can compute.
log-proves-3 = Without a head from outside, only that the file agrees with itself.
log-not = What it does not prove
log-not-1 = That what was entered is true: a person can write a lie into an honest book.
log-not-2 = That nothing was left out before it was entered.
log-not-3 = That the times claimed are right; only the order of recording is.
log-verified = Re-hashed now: all { $size } events agree with the head. Compare the head with one held outside.
log-broken-next = Gateways are still heard into their own outboxes. Two people may declare a break and carry on; it stays visible for ever.
log-break = A declared break:
log-clock-steps = { $n ->
    [one] The clock stepped back once; the order stands by position.
   *[other] The clock stepped back { $shown } times; the order stands by position.
    }
log-not-understood = Not understood here
log-last = Last events
log-position = Position
log-stream = Stream
log-before = Before
log-after = After
log-envelope = The event
log-revision = Revision
log-type = Type
log-id = Id
log-data = Data, as first written
log-meta = Who, where, why
log-proof = Proof that it stands there
log-proof-help = Hash the leaf with each of these in turn, left or right by the index (RFC 6962): the result is the head.
log-index = Leaf index

# Paper
paper-back = Back to the page
paper-made = Made
paper-known = as known at position
paper-true = as it was on
paper-head = Head of the log (Merkle root, RFC 6962)
paper-ends = ENDS HERE
ink-line = signature, printed name, number, role, date
ink-made-by = Made by
ink-checked-by = Checked by
ink-counted-by = Counted by
ink-custodian = Custodian
ink-signed-by = Signed by, other than the custodian
ink-witness = Witness
ink-led-by = Led by
ink-verifier = Verifier, who did not operate
ink-reported-by = Reported by

# Signing in, setting up
sign-in = Sign in
sign-in-title = Who are you?
sign-in-help = Keys: Tab goes on, Enter signs in. Nobody ever asks for your password but this page.
done-password = The password is changed.
password-title = Your own password
password-given = Somebody else chose the password you signed in with. Choose one that only you know; until then it opens nothing else.
password-old = Present password
password-new = New password
password-again = The new one again
password-go = Change it
password-twice = The new password was not keyed twice the same.
password-same = The new password is the old one.
sign-in-nobody = Every account is gone from this machine (accounts.sqlite), so nobody can sign in. Whoever keeps the machine stops the service and puts the file back from the backup, or two approvers declare a break there and begin anew.
sign-in-wrong = The service number and the password do not belong together.
sign-in-wait = { $n ->
    [one] Too many wrong tries. Try again in a second.
   *[other] Too many wrong tries. Try again in { $n } seconds.
    }
password-rule = (12 characters or more)
setup-title = Who are the first two?
setup-text = What matters in this book takes two people. Make the first two now, and the first place. This link works once.
setup-place = The first place
setup-place-name = Its name, in your own words
setup-place-example = Camp Example
setup-first = The first person
setup-second = The second person, at the keyboard himself
setup-go = Begin the book
founded-title = The book has begun
founded-text = Print this page and keep it away from this machine. With it anyone can prove later that nothing was changed since now.
founded-print = Print the head for paper

# What went wrong
fault-home = To the first page
fault-where = Where:
fault-code = Code:
fault-404 = Not here
fault-404-next = Check the address. If somebody sent it to you, he may see places that you do not.
fault-403 = Not one of your rights
fault-403-next = Ask somebody who holds the right, or have it granted by two.
fault-refused = The book refuses this
fault-refused-next = Nothing was entered. Go back, read the reason, and put it right.
fault-400 = Not understood
fault-400-next = Nothing was entered. Go back and correct the field.
fault-429 = Too many requests
fault-429-next = Wait a moment and try again.
fault-503 = Not now
fault-503-next = Nothing was entered. If it stays so, look at the page of the log and tell the one who keeps this machine.
fault-500 = Something failed here
fault-500-next = Nothing was entered unless the list shows it. Tell the one who keeps this machine; its own log says more.
fault-not-found = There is nothing of this name that you may see.
fault-not-allowed = Your rights do not include this page.
fault-time = A time is written like 2026-11-01 06:00, in UTC; a position is a number.
fault-setup = This link is used up or too old, or it was opened on another machine. Start the program again for a new one.
fault-csv = The first line must name the columns, “serial” among them, and each line must be a row.
fault-list-too-long = The list is too long for one file; ask for one place or one class.
fault-place = Say where it is put.
fault-person = Key the person’s service number first.
fault-blind = You are counting blind: what should be there is shown when the count is closed. Choose another place, or go on counting.
fault-number = A service number has letters, digits, “-”, “_” and “.”.
fault-token = Say what the token is for; a token makes no tokens.
