#!/usr/bin/env python3
"""Plays JAliEn's central service, its storage and its worker nodes, as far as submission by alien.py needs them.

    central-service.py DIRECTORY

A WebSocket over TLS that asks for a certificate; the storage is a real xrootd. What it answers was read from JAliEn's
sources (alien.shell.commands, alien.catalogue, alien.taskQueue.JDL), and is our own text. DIRECTORY gets certificates (ca.pem,
alice.pem and .key, bob.pem and .key), commands.log with each command as a line of JSON, storage/ and jobs/. When it is ready,
it prints `ready PORT`, and ends with its standard input or by SIGTERM, and the jobs with it.

Beside JAliEn's, it knows the command `play ID STATE`, which puts a job into a state. A job whose JDL has
Jobtag = {"comment:run"} runs here, in jobs/ID, as on a worker node.
"""
import asyncio
import hashlib
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import uuid

from websockets.asyncio.server import serve

HERE = pathlib.Path(sys.argv[1]).resolve()
STORAGE = HERE / 'storage'
FINAL = {'DONE', 'DONE_WARN', 'EXPIRED', 'KILLED', 'FAULTY', 'INCORRECT'}
ENOENT, EACCES, EINVAL, EREMOTEIO, EBADR = 2, 13, 22, 121, 53


class Refusal(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def home(user):
    return f'/alice/cern.ch/user/{user[0]}/{user}/'


class Catalogue:
    """Entries by path; a directory's ends with a slash. A permission is of the entry alone: its parents' do not matter."""

    def __init__(self):
        self.entries = {}
        self.booked = {}
        for user in ('alice', 'bob'):
            self.make_directory(home(user), user, True)

    def make_directory(self, path, owner, parents=False):
        path = path.rstrip('/') + '/'
        parent = path[:path.rindex('/', 0, -1) + 1]
        if path in self.entries:
            if not parents:
                raise Refusal(ENOENT, f'Could not create directory: {path}')
            return
        if parent != '/' and parent not in self.entries:
            if not parents:
                raise Refusal(ENOENT, f'Could not create directory: {path}')
            self.make_directory(parent, owner, True)
        permission = self.entries[parent]['perm'] if parent in self.entries else '755'
        self.entries[path] = {'lfn': path, 'type': 'd', 'perm': permission, 'owner': owner}

    def find(self, path):
        return self.entries.get(path) or self.entries.get(path.rstrip('/') + '/')

    def may(self, user, entry, bit):
        return int(entry['perm'][0 if entry['owner'] == user else 2]) & bit

    def file(self, path, user):
        entry = self.find(path)
        if entry is None or entry['type'] != 'f':
            raise Refusal(ENOENT, path)
        if not self.may(user, entry, 4):
            raise Refusal(EACCES, f'{path}: no right to read')
        return STORAGE / entry['guid']


class Job:
    numbers = itertools.count(2_000_000_000)

    def __init__(self, owner, description, parent=0):
        self.id, self.owner, self.description, self.parent = next(Job.numbers), owner, description, parent
        self.state, self.process = 'WAITING', None


class Service:
    def __init__(self, storage_port):
        self.catalogue, self.jobs, self.storage_port = Catalogue(), {}, storage_port
        self.log = open(HERE / 'commands.log', 'a', buffering=1)
        self.commands = {
            name[3:]: getattr(self, name) for name in dir(self) if name.startswith('do_')}

    async def session(self, socket):
        subject = dict(pair[0] for pair in socket.transport.get_extra_info('peercert')['subject'])
        user = subject['commonName']
        async for message in socket:
            request = json.loads(message)
            command = request['command']
            options = [str(option) for option in request['options'] if option not in ('-nomsg', '-nokeys')]
            self.log.write(json.dumps({'user': user, 'command': command, 'options': options}) + '\n')
            answer = {'metadata': {'user': user, 'currentdir': home(user), 'exitcode': '0', 'error': ''}, 'results': []}
            try:
                if command not in self.commands:
                    raise Refusal(EINVAL, f'Command [{command}] not found!')
                answer['results'] = self.commands[command](user, options) or []
            except Refusal as refusal:
                answer['metadata'] |= {'exitcode': str(refusal.code), 'error': str(refusal)}
            await socket.send(json.dumps(answer))

    def do_commandlist(self, user, options):
        return [{'commandlist': name, 'message': name} for name in self.commands]

    def do_whoami(self, user, options):
        return [{'message': user}]

    def do_mkdir(self, user, options):
        for path in (option for option in options if not option.startswith('-')):
            self.catalogue.make_directory(path, user, '-p' in options)

    def do_chmod(self, user, options):
        mode, *paths = (option for option in options if option != '-R')
        for path in paths:
            entry = self.catalogue.find(path)
            if entry is None:
                raise Refusal(ENOENT, path)
            if entry['owner'] != user:
                raise Refusal(5, f'{path}: unable to chmod')
            entry['perm'] = mode

    def do_stat(self, user, options):
        results = []
        for path in options:
            entry = self.catalogue.find(path)
            if entry is None:
                raise Refusal(ENOENT, path)
            results.append({'message': f'File: {entry["lfn"]}', 'gowner': entry['owner'], 'ctime': '0'} | entry)
        return results

    def do_access(self, user, options):
        arguments, size, md5 = [], '0', ''
        options = iter(options)
        for option in options:
            if option == '-s':
                size = next(options)
            elif option == '-m':
                md5 = next(options)
            else:
                arguments.append(option)
        kind, path = arguments[0], arguments[1]
        if kind == 'read':
            self.catalogue.file(path, user)
            guid, size, md5 = (self.catalogue.find(path)[key] for key in ('guid', 'size', 'md5'))
        else:
            if self.catalogue.find(path):
                raise Refusal(EINVAL, 'You seem to want to write a different file from the existing one in the catalogue')
            guid = str(uuid.uuid4())
        envelope = f'signature={hashlib.sha256((guid + kind).encode()).hexdigest()}'
        if kind != 'read':
            self.catalogue.booked[envelope] = {
                'lfn': path, 'type': 'f', 'owner': user, 'size': size, 'md5': md5, 'guid': guid}
        return [{
            'url': f'root://127.0.0.1:{self.storage_port}//{guid}', 'envelope': envelope, 'guid': guid,
            'se': 'ALICE::Test::SE', 'tags': '[disk]', 'nSEs': '1', 'md5': md5, 'size': size}]

    def do_commit(self, user, options):
        entry = self.catalogue.booked.get(options[0])
        if entry is None or not (STORAGE / entry['guid']).is_file():
            raise Refusal(EBADR, 'Nothing was registered')
        # JAliEn does not look at the permission that comes with the request.
        milliseconds = str(int(time.time() * 1000))
        self.catalogue.entries[entry['lfn']] = entry | {'perm': '755', 'mtime': milliseconds, 'ctime': milliseconds}
        return [{'path': entry['lfn'], 'lfn': '1', 'pfn': entry['guid']}]

    def do_rm(self, user, options):
        for path in (option for option in options if not option.startswith('-')):
            entry = self.catalogue.find(path)
            if entry is None:
                raise Refusal(ENOENT, path)
            if not self.catalogue.may(user, entry, 2):
                raise Refusal(5, f'Failed to remove [{path}]')
            for other in [other for other in self.catalogue.entries if other.startswith(entry['lfn'])]:
                del self.catalogue.entries[other]

    def do_submit(self, user, options):
        path = options[0]
        text = '\n'.join(
            line for line in self.catalogue.file(path, user).read_text().split('\n') if not line.startswith('#'))
        description = {
            name.lower(): re.findall(r'"([^"]*)"', value) or [value.strip()]
            for name, value in re.findall(r'(\w+)\s*=\s*((?:"[^"]*"|[^";])*);', text)}
        rejection = f'Task queue rejected {path} due to:\n  '
        for file in description.get('executable', []) + description.get('inputfile', []):
            try:
                self.catalogue.file(file.removeprefix('LF:'), user)
            except Refusal:
                raise Refusal(EREMOTEIO, f'{rejection}{file} cannot be located')
        if 'refuse' in description:
            raise Refusal(EREMOTEIO, f'{rejection}{description["refuse"][0]}')
        job = self.insert(user, description)
        split = description.get('split', [''])[0].removeprefix('production:')
        if split:
            first, last = (int(number) for number in split.split('-'))
            job.state = 'SPLIT'
            for _ in range(first, last + 1):
                self.insert(user, description, job.id)
        for job_of in [j for j in self.jobs.values() if job.id in (j.id, j.parent) and j.state == 'WAITING']:
            if 'comment:run' in description.get('jobtag', []):
                self.start(job_of)
        return [{'message': f'Submitting {path}\nYour new job ID is {job.id}', 'jobId': str(job.id)}]

    def insert(self, user, description, parent=0):
        job = Job(user, description, parent)
        self.jobs[job.id] = job
        return job

    def start(self, job):
        """As a JobAgent does: the files side by side in a directory of the job's own, readable by all."""
        work = HERE / 'jobs' / str(job.id)
        work.mkdir(parents=True)
        for file in job.description.get('inputfile', []) + job.description['executable']:
            lfn = file.removeprefix('LF:')
            shutil.copyfile(self.catalogue.file(lfn, job.owner), work / lfn.rsplit('/', 1)[1])
            os.chmod(work / lfn.rsplit('/', 1)[1], 0o644)
        program = work / job.description['executable'][0].rsplit('/', 1)[1]
        program.chmod(0o755)
        environment = os.environ | {'ALIEN_PROC_ID': str(job.id), 'TMPDIR': str(work / 'tmp')}
        (work / 'tmp').mkdir()
        job.process = subprocess.Popen(
            [program], cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=open(work / 'stdout', 'w'),
            stderr=open(work / 'stderr', 'w'))
        job.state = 'RUNNING'

    def look(self):
        for job in self.jobs.values():
            if job.process and job.process.poll() is not None and job.state == 'RUNNING':
                job.state = 'DONE' if job.process.returncode == 0 else 'ERROR_E'
        for job in self.jobs.values():
            parts = [other for other in self.jobs.values() if other.parent == job.id]
            if job.state == 'SPLIT' and all(part.state in FINAL or part.state.startswith('ERROR') for part in parts):
                job.state = 'DONE'

    def do_ps(self, user, options):
        self.look()
        wanted = [int(number) for number in options[1].split(',')]
        key = {'-j': 'id', '-m': 'parent'}[options[0]]
        jobs = [job for job in self.jobs.values() if getattr(job, key) in wanted and (key == 'id' or job.owner == user)]
        return [{
            'owner': job.owner, 'id': str(job.id), 'split': str(job.parent), 'priority': '0', 'status': job.state,
            'name': job.description['executable'][0].rsplit('/', 1)[1],
            'message': f'{job.owner:>10} {job.id:>10}  ___  {job.state[:3]:>3}'} for job in jobs]

    def do_kill(self, user, options):
        self.look()
        results = []
        for number in options:
            job = self.jobs.get(int(number))
            if job is None:
                continue
            if job.owner != user:
                results.append({'jobid': number, 'message': f'You are not allowed to kill {number}', 'status': 'not_allowed'})
                continue
            for part in [job] + [other for other in self.jobs.values() if other.parent == job.id]:
                if part.process and part.process.poll() is None:
                    part.process.terminate()
                part.state = 'KILLED'
            results.append({'jobid': number, 'message': f'Killed: {number}', 'status': 'killed'})
        return results

    def do_play(self, user, options):
        self.jobs[int(options[0])].state = options[1]
        return [{'message': 'done'}]


def make_certificates():
    def openssl(*arguments):
        subprocess.run(['openssl', *arguments], cwd=HERE, check=True, capture_output=True)

    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2',
            '-subj', '/CN=Test CA')
    for name in ('localhost', 'alice', 'bob'):
        openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{name}.key', '-out', f'{name}.csr',
                '-subj', f'/CN={name}')
        openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
                '-out', f'{name}.pem', '-days', '2')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def start_storage():
    STORAGE.mkdir()
    STORAGE.chmod(0o777)
    (HERE / 'xrootd.cfg').write_text(
        f'all.export /\noss.localroot {STORAGE}\nall.adminpath {HERE}/xrootd\nall.pidpath {HERE}/xrootd\n'
        'xrd.allow host 127.0.0.1\nxrd.allow host localhost\n')
    # It refuses to run as root, and has then to be somebody else in a user namespace.
    other = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'] if os.getuid() == 0 else []
    log = HERE / 'xrootd.log'
    # Another may take a port that was free a moment ago.
    for _ in range(5):
        port = free_port()
        server = subprocess.Popen(
            other + ['xrootd', '-c', str(HERE / 'xrootd.cfg'), '-p', str(port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(log, 'w'))
        while server.poll() is None:
            if f':{port} initialization completed' in log.read_text():
                return server, port
            time.sleep(0.05)
        if 'address already in use' not in log.read_text():
            break
    sys.exit(f'xrootd did not start: {log.read_text()[-2000:]}')


async def main():
    make_certificates()
    storage, port = start_storage()
    service = Service(port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / 'localhost.pem', HERE / 'localhost.key')
    context.load_verify_locations(HERE / 'ca.pem')
    context.verify_mode = ssl.CERT_REQUIRED
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    try:
        async with serve(service.session, '127.0.0.1', 0, ssl=context) as server:
            print('ready', server.sockets[0].getsockname()[1], flush=True)
            await end.wait()
    finally:
        storage.kill()
        for job in service.jobs.values():
            if job.process and job.process.poll() is None:
                job.process.terminate()
        for job in service.jobs.values():
            if job.process:
                try:
                    job.process.wait(20)
                except subprocess.TimeoutExpired:
                    job.process.kill()


asyncio.run(main())
