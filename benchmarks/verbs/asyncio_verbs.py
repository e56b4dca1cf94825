"""The work of verbs.cpp with asyncio: `asyncio_verbs.py ITEM N` prints `elapsed_ns=NUMBER`."""

import asyncio
import sys
import time

CROWD = 10  # tasks that want the same lock


async def same(value):
    return value


def spawn_all(count):
    return [asyncio.create_task(same(i)) for i in range(count)]


async def use_wait(count):
    done, _ = await asyncio.wait(spawn_all(count))
    assert len(done) == count


async def use_as_completed(count):
    seen = 0
    for each in asyncio.as_completed(spawn_all(count)):
        await each
        seen += 1
    assert seen == count


async def use_group(count):
    async with asyncio.TaskGroup() as group:
        for i in range(count):
            group.create_task(same(i))


async def use_timeout(count):
    for _ in range(count):
        async with asyncio.timeout(1):
            await asyncio.sleep(0)


async def use_shield(count):
    for i in range(count):
        assert await asyncio.shield(same(i)) == i


async def use_cancel(count):
    tasks = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(count)]
    await asyncio.sleep(0)
    for each in tasks:
        each.cancel()
    done, _ = await asyncio.wait(tasks)
    assert len(done) == count


async def numbers(count):
    for i in range(count):
        yield i


async def use_generator(count):
    seen = 0
    async for _ in numbers(count):
        seen += 1
    assert seen == count


async def use_queue(count):
    items = asyncio.Queue(100)

    async def put_all():
        for i in range(count):
            await items.put(i)

    putting = asyncio.create_task(put_all())
    for i in range(count):
        assert await items.get() == i
    await putting


async def use_mutex(count):
    door = asyncio.Lock()

    async def lock_often():
        for _ in range(count // CROWD):
            async with door:
                await asyncio.sleep(0)

    await asyncio.gather(*(lock_often() for _ in range(CROWD)))


async def use_semaphore(count):
    seats = asyncio.Semaphore(3)

    async def acquire_often():
        for _ in range(count // CROWD):
            async with seats:
                await asyncio.sleep(0)

    await asyncio.gather(*(acquire_often() for _ in range(CROWD)))


async def use_event(count):
    bell = asyncio.Event()
    tasks = [asyncio.create_task(bell.wait()) for _ in range(count)]
    await asyncio.sleep(0)
    bell.set()
    await asyncio.wait(tasks)


async def use_to_thread(count):
    for i in range(count):
        assert await asyncio.to_thread(lambda value=i: value) == i


def main():
    work = {name.removeprefix("use_"): function for name, function in globals().items() if name.startswith("use_")}
    if len(sys.argv) != 3 or sys.argv[1] not in work:
        sys.exit(f"usage: asyncio_verbs.py ITEM N\nitems: {' '.join(work)}")
    start = time.perf_counter_ns()
    asyncio.run(work[sys.argv[1]](int(sys.argv[2])))
    print(f"elapsed_ns={time.perf_counter_ns() - start}")


main()
