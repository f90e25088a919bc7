# مسودة: ترجمة آلية الجودة، يجب أن يراجعها ناطق أصلي.
# Draft of machine quality, to be reviewed by a native speaker.
skip = إلى الصفحة
menu = القائمة
menu-daily = يوميًا
menu-stock = المخزون
menu-house = الإدارة
nav-overview = نظرة عامة
nav-counter = شباك التسليم
nav-counts = عمليات الجرد
nav-alerts = التنبيهات
nav-stockpile = المخزون
nav-weapons = الأسلحة
nav-holds = من بحوزته ماذا
nav-lost = المفقود والناقص
nav-destruction = الإتلاف
nav-readers = القارئات
nav-places = الأماكن
nav-people = الأشخاص
nav-log = السجل
signed-in-as = الدخول باسم
sign-out = خروج
training = بيانات تدريب. لا شيء هنا حقيقي، ويزول كل شيء بانتهاء العرض.
read-only = الدفتر للقراءة فقط.
trust-size = السجل
trust-head = الرأس
trust-witness = شهادة خارجية
trust-witness-none = لا شاهد خارجي بعد
health-ok = سليم
health-read-only = للقراءة فقط
verify-now = تحقّق الآن
live-on = مباشر
live-off = غير مباشر؛ أعد التحميل لرؤية التغييرات
keys-title = المفاتيح
keys-search = إلى حقل البحث
keys-scan = إلى حقل المسح
keys-help = هذه القائمة
keys-leave = مغادرة الحقل
close = إغلاق
show = عرض
all = الكل
total = المجموع
print = طباعة
csv = هذه القائمة بصيغة CSV
place = المكان
everywhere = كل الأماكن
class = الصنف
state = الحالة
next-page = الصفحة التالية
first-page = الصفحة الأولى
travel-now = كما هو الآن
travel-back = العودة إلى الآن
travel-known = كما عرفناه (موضع أو وقت، UTC)
travel-true = كما كان (وقت، UTC)
travel-go = عرض ذلك الوقت
travel-help = «كما عرفناه» لا يشمل ما سُجّل لاحقًا. «كما كان» يشمل ما عُرف متأخرًا عن ذلك الوقت.
travel-known-said = كما عرفناه في { $known }.
travel-true-said = كما كان في { $true }، بحسب ما نعرفه الآن.
travel-both-said = كما كان في { $true }، كما عرفناه في { $known }.
tone-ok = سليم
tone-accent = للعلم
tone-watch = للمراقبة
tone-alarm = إنذار
tone-quiet = هادئ
tone-plain = عادي

ago-now = الآن
ago-minutes = { $n ->
    [one] قبل دقيقة
    [two] قبل دقيقتين
    [few] قبل { $n } دقائق
   *[other] قبل { $n } دقيقة
    }
ago-hours = { $n ->
    [one] قبل ساعة
    [two] قبل ساعتين
    [few] قبل { $n } ساعات
   *[other] قبل { $n } ساعة
    }
ago-days = { $n ->
    [one] قبل يوم
    [two] قبل يومين
    [few] قبل { $n } أيام
   *[other] قبل { $shown } يومًا
    }
in-minutes = { $n ->
    [one] بعد دقيقة
    [two] بعد دقيقتين
    [few] بعد { $n } دقائق
   *[other] بعد { $n } دقيقة
    }
in-hours = { $n ->
    [one] بعد ساعة
    [two] بعد ساعتين
    [few] بعد { $n } ساعات
   *[other] بعد { $n } ساعة
    }
in-days = { $n ->
    [one] بعد يوم
    [two] بعد يومين
    [few] بعد { $n } أيام
   *[other] بعد { $shown } يومًا
    }
for-minutes = { $n ->
    [one] دقيقة
    [two] دقيقتان
    [few] { $n } دقائق
   *[other] { $n } دقيقة
    }
for-hours = { $n ->
    [one] ساعة
    [two] ساعتان
    [few] { $n } ساعات
   *[other] { $n } ساعة
    }
for-days = { $n ->
    [one] يوم
    [two] يومان
    [few] { $n } أيام
   *[other] { $shown } يومًا
    }
