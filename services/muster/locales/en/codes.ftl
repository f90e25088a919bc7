# Code lists: one word or a few for each code, for all pages.
state-provisional = provisional
state-in_store = in store
state-issued = issued
state-on_loan = on loan
state-in_transit = in transit
state-in_maintenance = in workshop
state-evidence = held as evidence
state-unaccounted = unaccounted
state-presumed_lost = presumed lost
state-lost = lost
state-recovered_held = recovered, held
state-batched = locked for destruction
state-destroyed = destroyed
state-destroyed_in_incident = destroyed in incident
state-deactivated = deactivated
state-transferred_out = transferred out
state-repatriated = taken home
state-merged = merged

class-SA1 = Revolvers and pistols
class-SA2 = Rifles and carbines
class-SA3 = Sub-machine guns
class-SA4 = Assault rifles
class-SA5 = Light machine guns
class-SA9 = Other small arms
class-LW1 = Heavy machine guns
class-LW2 = Grenade launchers
class-LW3 = Anti-aircraft guns
class-LW4 = Anti-tank guns
class-LW5 = Recoilless rifles
class-LW6 = Anti-tank launchers
class-LW7 = Anti-aircraft launchers
class-LW8 = Mortars under 100 mm
class-LW9 = Other light weapons

level-T = tag heard
level-B = barcode read
level-S = serial read
level-W = handled, checked by two
level-X = sealed container

way-rfid = reader
way-barcode = scanner
way-keyed = keyed
way-eye = by eye
way-paper = on paper

basis-device = by a device’s clock
basis-paper = from paper
basis-voice = told by voice
basis-estimate = estimated

role-custodian = custodian
role-approver = approver
role-inspector = inspector
role-auditor = auditor
role-tracing_officer = tracing officer
role-security_officer = security officer
role-operator = operator
role-gateway = gateway
role-witness = witness

placekind-site = site
placekind-room = room
placekind-rack = rack
placekind-container = container

markkind-serial = serial number
markkind-maker = maker
markkind-country = country
markkind-year = year
markkind-model = model
markkind-calibre = calibre
markkind-import = import mark
markkind-state_transfer = State transfer mark
markkind-confiscation = confiscation mark
markkind-deactivation = deactivation mark
markkind-secondary_regional = secondary or regional mark
markkind-property = property mark
markkind-rack = rack number
markkind-proof = proof mark
markkind-assembly = assembly number
markkind-lot = lot number
markkind-registry_assigned = assigned by a registry
markkind-data_matrix = code on the metal

method-stamp = stamped
method-engrave = engraved
method-dot_peen = dot-peened
method-laser = laser
method-cast = cast
method-roll = rolled
method-etch = etched
method-insert_plate = on a plate
method-ink = ink or paint
method-unknown = not known

component-receiver = frame or receiver
component-slide = slide
component-barrel = barrel
component-bolt = bolt
component-cylinder = cylinder
component-tube = tube
component-grip_stock = grip-stock
component-other = other part

elsewhere-loan = loan to a unit
elsewhere-maintenance = workshop
elsewhere-evidence = evidence
elsewhere-transit = on the road

ack-pin = own PIN
ack-wet_ink = ink on the sheet
ack-none = not yet

disposition-keep = keep
disposition-surplus = surplus
disposition-destroy = destroy

countkind-full = full
countkind-partial = partial
countkind-opening = opening
countkind-closing = closing
countkind-spot = spot check
countkind-handover = handover
countkind-incident = after an incident

origin-ledger = from a ledger
origin-manufactured = manufactured
origin-purchased = purchased
origin-imported = imported
origin-donated = donated
origin-transferred_in = transferred in
origin-seized = seized
origin-found = found
origin-surrendered = surrendered
origin-captured = captured
origin-deposited = deposited by a visitor

cause-unexplained = not explained
cause-misplaced = misplaced, or a slip on paper
cause-accident = accident without fault
cause-disaster = fire or disaster
cause-theft_outsider = theft by an outsider
cause-burglary = burglary
cause-theft_insider = theft by an insider
cause-robbery = robbery of the holder
cause-sold = sold or bartered
cause-hostile_action = hostile action
cause-forced_abandonment = forced abandonment
cause-surrendered = surrendered under coercion
cause-combat_loss = combat loss, cannot be recovered
cause-in_transit = lost on the road
cause-overboard = overboard or in water
cause-negligence = negligence
cause-wilful_misconduct = wilful misconduct
cause-unknown = unknown

destroyed-by-cutting = cutting
destroyed-by-shearing = shearing
destroyed-by-crushing = crushing
destroyed-by-shredding = shredding
destroyed-by-smelting = smelting
destroyed-by-bandsaw = band saw
destroyed-by-burning = burning
destroyed-by-detonation = detonation

rule-R1 = A destroyed weapon was read
rule-R2 = A lost weapon was read
rule-R5 = A tag answered with another chip
rule-R6 = A retired tag was read
rule-R7 = An issued weapon was read in a rack
rule-R10 = An unknown tag was read
rule-against_book = An act went against the book
rule-K1 = Two records of one weapon
rule-K14 = A gap in what a gateway heard
rule-one_key_twice = One gateway’s key is used twice
rule-provisional = An act waits for its second person

audience-place = the place’s custodian and those above
audience-above = approvers above and auditors, not the place’s custodian
audience-security = security officers and auditors
