/** From where messages come. */
export type Entity = { readonly queue: string } | { readonly topic: string; readonly subscription: string }

/** As the broker's own tools show it. */
export const entityName = (entity: Entity): string =>
  'queue' in entity ? entity.queue : `${entity.topic}/Subscriptions/${entity.subscription}`

/** Where a message is sent so that the entity gets it. */
export const addressOf = (entity: Entity): string => ('queue' in entity ? entity.queue : entity.topic)
