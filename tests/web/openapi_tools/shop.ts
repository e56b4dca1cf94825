// What a client of the shop of the tests can rely on; it compiles only if the generated types say so.
import type { components, operations, paths } from './types';

type same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>() => undefined;

type read = paths['/items/{item_id}']['get'];
holds<same<read['parameters']['path']['item_id'], number>>();
holds<same<NonNullable<read['parameters']['query']>['q'], string | null | undefined>>();
holds<same<components['schemas']['colour'], 'red' | 'green'>>();
holds<same<read['responses'][200]['content']['application/json'], components['schemas']['shop_item']>>();
holds<same<components['schemas']['shop_item']['price'], number>>();
holds<same<operations['replace_item'], NonNullable<paths['/items/{item_id}']['put']>>>();

const wrong: components['schemas']['HTTPValidationError'] = {
  detail: [{ loc: ['query', 0], msg: 'Field required', type: 'missing' }],
};
export default wrong;
