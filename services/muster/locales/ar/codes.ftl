# مسودة: ترجمة آلية الجودة، يجب أن يراجعها ناطق أصلي.
# Draft of machine quality, to be reviewed by a native speaker.
state-provisional = مؤقت
state-in_store = في المخزن
state-issued = مُسلَّم
state-on_loan = مُعار
state-in_transit = في الطريق
state-in_maintenance = في الورشة
state-evidence = محفوظ دليلًا
state-unaccounted = غير معلوم المكان
state-presumed_lost = يُفترض فقده
state-lost = مفقود
state-recovered_held = مسترجَع ومحفوظ
state-batched = مُقفَل للإتلاف
state-destroyed = مُتلَف
state-destroyed_in_incident = أُتلف في حادث
state-deactivated = مُعطَّل
state-transferred_out = نُقل إلى غيره
state-repatriated = أُعيد إلى بلده
state-merged = مدموج

class-SA1 = مسدسات
class-SA2 = بنادق وقربينات
class-SA3 = رشاشات قصيرة
class-SA4 = بنادق هجومية
class-SA5 = رشاشات خفيفة
class-SA9 = أسلحة صغيرة أخرى
class-LW1 = رشاشات ثقيلة
class-LW2 = قاذفات قنابل
class-LW3 = مدافع مضادة للطائرات
class-LW4 = مدافع مضادة للدبابات
class-LW5 = بنادق عديمة الارتداد
class-LW6 = قاذفات مضادة للدبابات
class-LW7 = قاذفات مضادة للطائرات
class-LW8 = هاونات دون 100 مم
class-LW9 = أسلحة خفيفة أخرى

level-T = سُمعت البطاقة
level-B = قُرئ الرمز
level-S = قُرئ الرقم
level-W = فُحص باليد بحضور اثنين
level-X = حاوية مختومة

way-rfid = قارئ
way-barcode = ماسح
way-keyed = بالكتابة
way-eye = بالعين
way-paper = على الورق

basis-device = بساعة جهاز
basis-paper = من الورق
basis-voice = بالصوت
basis-estimate = تقديرًا

role-custodian = أمين العهدة
role-approver = المُوافِق
role-inspector = مفتش
role-auditor = مدقق
role-tracing_officer = ضابط التتبع
role-security_officer = ضابط الأمن
role-operator = مشغّل
role-gateway = بوابة
role-witness = شاهد

markkind-serial = الرقم التسلسلي
markkind-maker = الصانع
markkind-country = البلد
markkind-year = السنة
markkind-model = الطراز
markkind-calibre = العيار
markkind-import = علامة استيراد
markkind-state_transfer = علامة نقل حكومي
markkind-confiscation = علامة مصادرة
markkind-deactivation = علامة تعطيل
markkind-secondary_regional = علامة ثانوية أو إقليمية
markkind-property = علامة ملكية
markkind-rack = رقم الرف
markkind-proof = علامة اختبار
markkind-assembly = رقم التجميع
markkind-lot = رقم الدفعة
markkind-registry_assigned = رقم من السجل
markkind-data_matrix = رمز على المعدن

method-stamp = مختوم
method-engrave = محفور
method-dot_peen = منقّط
method-laser = ليزر
method-cast = مسبوك
method-roll = مدلفن
method-etch = منقوش
method-insert_plate = على صفيحة
method-ink = حبر أو دهان
method-unknown = غير معروف

component-receiver = الهيكل أو جسم السلاح
component-slide = المنزلقة
component-barrel = السبطانة
component-bolt = المغلاق
component-cylinder = الأسطوانة
component-tube = الأنبوب
component-grip_stock = المقبض
component-other = جزء آخر

elsewhere-loan = إعارة لوحدة
elsewhere-maintenance = ورشة
elsewhere-evidence = دليل
elsewhere-transit = في الطريق

ack-pin = رمز شخصي
ack-wet_ink = توقيع على الورق
ack-none = ليس بعد

disposition-keep = يبقى
disposition-surplus = فائض
disposition-destroy = للإتلاف

countkind-full = كامل
countkind-partial = جزئي
countkind-opening = عند الفتح
countkind-closing = عند الإغلاق
countkind-spot = تفتيش مفاجئ
countkind-handover = عند التسليم
countkind-incident = بعد حادث

origin-ledger = من دفتر سابق
origin-manufactured = مُصنَّع
origin-purchased = مُشترى
origin-imported = مستورد
origin-donated = هبة
origin-transferred_in = منقول إلينا
origin-seized = محجوز
origin-found = معثور عليه
origin-surrendered = مُسلَّم طوعًا
origin-captured = مغنوم
origin-deposited = وديعة زائر
