/** Sentences of `cib.*`: what the reader of Pacemaker's configuration has to say. */
import type { Texts } from './render.js'

export const cib = {
  'cib.too-large': {
    en: 'The CIB has {mib} MiB, more than the {mibMax} that are accepted; it holds something that does not belong into a configuration.',
    zh: 'CIB 大小为 {mib} MiB，超过上限 {mibMax} MiB；其中含有不属于配置的内容。',
  },
  'cib.doctype': {
    en: 'Line {line}: a document type is not accepted in a CIB, since it can define entities; remove it.',
    zh: '第 {line} 行：CIB 中不接受文档类型声明（它可以定义实体）；请删除。',
  },
  'cib.not-xml': {
    en: 'Line {line}: this is not well-formed XML ({what}); correct the text there.',
    zh: '第 {line} 行：不是格式良好的 XML（{what}）；请修正该处文本。',
  },
  'cib.too-deep': {
    en: 'Line {line}: the CIB is nested deeper than {levels} levels, which no configuration needs.',
    zh: '第 {line} 行：CIB 嵌套超过 {levels} 层，正常配置不需要这么深。',
  },
  'cib.too-many': {
    en: 'The CIB has more than {elements} elements, which no configuration needs.',
    zh: 'CIB 的元素超过 {elements} 个，正常配置不需要这么多。',
  },
  'cib.not-a-cib': {
    en: 'The root element is "{element}"; a CIB begins with "cib".',
    zh: '根元素为“{element}”；CIB 应以“cib”开始。',
  },
  'cib.unknown-element': {
    en: 'The element {element} is not known here and was left out.',
    zh: '元素 {element} 未知，已忽略。',
  },
  'cib.dangling-reference': {
    en: 'A reference names "{id}", which does not exist; what refers to it was left out.',
    zh: '引用了不存在的“{id}”；该引用已忽略。',
  },
  'cib.duplicate-id': {
    en: 'The id "{id}" stands twice; references to it mean the first.',
    zh: 'id“{id}”出现两次；引用以第一个为准。',
  },
} as const satisfies Texts
