import { Client } from '@pictograph/client'

const client = new Client() // with PICTOGRAPH_API_KEY and PICTOGRAPH_BASE_URL
const { datasets, images, annotations } = client
await datasets.create({ name: 'traffic', classes: [{ name: 'car' }] })
await images.upload('traffic', 'street.png', { directoryPath: '/day' })
const box = annotations.createBbox('1', 'car', [5, 5, 20, 10])
await annotations.save('traffic', 'day/street.png', [box])
for await (const image of images.list('traffic')) console.log(`${image.filename}: ${image.annotation_count}`)
const { folder } = await datasets.download('traffic', 'traffic', { mode: 'full' })
console.log(`now in ${folder}`)
await client.close()
