/** Does one task of `bench/evolution.ts` and prints how long it took and the most memory that this process ever held. */
import { type Places, TASKS, type TaskName } from './evolution-tasks.ts'

const [task = '', places = '{}'] = process.argv.slice(2)
const answer = await TASKS[task as TaskName](JSON.parse(places) as Places)
const peak_mb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ ...answer, peak_mb }))
