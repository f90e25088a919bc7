# مسودة: ترجمة آلية الجودة، يجب أن يراجعها ناطق أصلي.
# Draft of machine quality, to be reviewed by a native speaker.
act-WeaponRegistered = أُدخل في الدفتر
act-WeaponMarkRecorded = سُجّلت علامة
act-WeaponTagBound = رُبطت بطاقة
act-WeaponTagRetired = أُلغيت بطاقة
act-WeaponRacked = وُضع في رف
act-WeaponIssued = سُلّم
act-WeaponReturned = استُلم
act-WeaponSentElsewhere = أُرسل
act-WeaponReceiverConfirmed = أكّد المستلم
act-WeaponAssigned = خُصّص
act-WeaponPartRemoved = نُزع جزء
act-WeaponPartRestored = أُعيد الجزء
act-WeaponDispositionDecided = تقرّر المصير
act-WeaponUnaccounted = غير معلوم المكان
act-WeaponExplained = فُسّر
act-WeaponPresumedLost = افتُرض فقده
act-WeaponLost = أُعلن فقده
act-WeaponRecovered = استُرجع
act-WeaponRestored = أُعيد إلى المخزن
act-WeaponBatched = أُقفل للإتلاف
act-WeaponUnbatched = أُخرج من الدفعة
act-WeaponDestroyed = أُتلف
act-CountItemCounted = عُدَّ
act-CountClosed = أُغلق الجرد
act-CaseOpened = فُتحت قضية
act-CaseSearchLogged = سُجّل بحث
