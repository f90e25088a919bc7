# مسودة: ترجمة آلية، تحتاج إلى مراجعة من ناطق أصلي.
# Draft, to be reviewed by a native speaker.
nav-overview = نظرة عامة
