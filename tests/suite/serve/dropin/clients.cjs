// Drives the clients for node against the server at the address given, and prints what they read.
const spring = require('cloud-config-client')
const server = require('@openfeature/server-sdk')
const { OFREPProvider } = require('@openfeature/ofrep-provider')
const web = require('@openfeature/web-sdk')
const { OFREPWebProvider } = require('@openfeature/ofrep-web-provider')
// Browsers have it.
globalThis.EventSource ??= require('eventsource').EventSource

const address = process.argv[2]
const load = (options) => spring.load({ endpoint: `${address}/spring`, ...options })
const brief = ({ value, reason, errorCode }) => (errorCode ? [value, reason, errorCode] : [value, reason])

async function flags(baseUrl, domain) {
    await server.OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl }))
    return server.OpenFeature.getClient(domain)
}

async function main() {
    const told = {}
    told.spring = (await load({ name: 'payments', profiles: 'production' })).toObject()
    const nested = await load({ name: 'billing/invoices', profiles: 'staging', label: 'main' })
    told.spring_nested = { rate: nested.get('rate'), list: nested.toObject().list }
    told.spring_default = (await load({ name: 'payments' })).properties
    told.spring_several_profiles = await load({ name: 'payments', profiles: ['production', 'aws'] })
        .then(() => 'read', () => 'refused')
    const client = await flags(`${address}/staging`, 'whole')
    told.flags = {
        number: brief(await client.getNumberDetails('billing/invoices:rate', 7)),
        text: brief(await client.getStringDetails('payments:timeout', 'd', { targetingKey: 'x' })),
        object: brief(await client.getObjectDetails('payments:servers[0]', {})),
        absent: brief(await client.getNumberDetails('payments:none', 7)),
        list: brief(await client.getObjectDetails('billing/invoices:list', ['d'])),
        secret: brief(await client.getStringDetails('payments:db.password', 'd')),
    }
    const scoped = await flags(`${address}/staging/billing/invoices`, 'scoped')
    told.scoped = brief(await scoped.getNumberDetails('rate', 7))
    await web.OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: `${address}/staging`, pollInterval: 200 }))
    const page = web.OpenFeature.getClient()
    told.web = {
        number: brief(page.getNumberDetails('billing/invoices:rate', 7)),
        absent: brief(page.getNumberDetails('payments:none', 7)),
    }
    console.log(JSON.stringify(told))
    // Without polling: only events can tell of a change that is made now.
    await web.OpenFeature.setProviderAndWait(
        'live', new OFREPWebProvider({ baseUrl: `${address}/staging`, pollInterval: 0 }))
    const live = web.OpenFeature.getClient('live')
    const changed = new Promise((resolve) => live.addHandler(web.ProviderEvents.ConfigurationChanged, () => {
        if (live.getNumberValue('billing/invoices:rate', 7) === 21) resolve()
    }))
    console.log('waiting')
    await changed
    console.log(JSON.stringify(brief(live.getNumberDetails('billing/invoices:rate', 7))))
}

main().then(() => process.exit(0), (error) => {
    console.error(error)
    process.exit(1)
})
