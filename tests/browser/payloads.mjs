// What a hostile hand writes into every field. Each sets `window.struck` if it is ever run.
const mark = 'window.struck=1';
export const STRUCK = 'struck';

/** Short enough for the shortest fields; each tries another way out of its place in a page. */
export const PAYLOADS = [
  `<script>${mark}</script>`,
  `"><img src=x onerror=${mark}>`,
  `'><svg onload=${mark}>`,
  `</title></textarea><script>${mark}</script>`,
  `" autofocus onfocus="${mark}" x="`,
  `' onmouseover='${mark}`,
  `javascript:${mark}//`,
  `=HYPERLINK("http://evil.example")`,
  '+1+cmd|calc', '-2+3', '@SUM(1)',
  `{{${mark}}}\${${mark}}`,
  `</svg><iframe srcdoc="<script>parent.${mark}</script>">`,
  `<a href="javascript:${mark}">x</a>`,
  `--><!--><base href=//evil.example/>`,
  `\u202Egnp.exe<b>`,
];
