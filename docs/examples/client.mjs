import { Client } from 'pictograph-desktop/client'

const client = new Client({
  apiKey: process.env.PICTOGRAPH_API_KEY,
  baseUrl: process.env.PICTOGRAPH_BASE_URL,
})
const { datasets, images, annotations } = client
await datasets.create({ name: 'traffic', classes: [{ name: 'car' }] })
await images.upload('traffic', process.argv[2], { filename: 'street.png', directoryPath: '/day' })
await annotations.save('traffic', 'day/street.png', [
  annotations.createBbox('1', 'car', [5, 5, 20, 10]),
])
for await (const image of images.list('traffic')) console.log(`${image.filename}: ${image.annotation_count}`)
await client.close()
