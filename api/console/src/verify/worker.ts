import '../util/older'
import { run, type Task, type Told } from './task'

// The whole verification runs here, so that the page stays awake and can end it.

const self_ = self as unknown as { onmessage: ((e: { data: Task }) => void) | null; postMessage: (told: Told) => void }

self_.onmessage = ({ data }) => void run(data, (told) => self_.postMessage(told))
