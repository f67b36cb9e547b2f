use strict;
use warnings;

use AliEn::PoD::Settings;
use lib 't/lib';
use PoDTest qw(error_of);
use Test::More;

sub settings { return AliEn::PoD::Settings->new({@_}) }

subtest 'defaults' => sub {
    my $settings = AliEn::PoD::Settings->new;
    is($settings->value('enabled'),      'no', 'off');
    is($settings->value('check_period'), 30,   'y');
    is($settings->value('run_time'),     300,  'x');
    is($settings->value('monalisa_url'), undef, 'no URL');
    is_deeply([$settings->list('recipe')], ['dask', 'xproofd'], 'several');
    is_deeply([$settings->warnings], [], 'nothing to tell');
};

subtest 'environment before CE before MonaLisa before VO' => sub {
    my %config = (POD_CHECK_PERIOD => 1, POD_RUN_TIME => 11, HOST => 'x', CE_HOST => 'y');
    is(settings(%config)->value('check_period'), 1, 'of the VO');
    $config{MONALISA_PODCHECKPERIOD} = 2;
    is(settings(%config)->value('check_period'), 2, 'of the MonaLisa entry');
    $config{CE_PODCHECKPERIOD} = 3;
    is(settings(%config)->value('check_period'), 3, 'of the CE');
    is(settings(%config)->value('run_time'), 11, 'each by itself');
    is(AliEn::PoD::Settings->new(\%config, { ALIEN_POD_CHECK_PERIOD => 4, POD_RUN_TIME => 1 })->value('check_period'),
        4, 'of the environment');
    $config{CE_PODCHECKPERIOD} = '';
    is(settings(%config)->value('check_period'), 2, 'an empty one is none');
    $config{MONALISA_PODCHECKPERIOD} = undef;
    is(settings(%config)->value('check_period'), 1, 'undef is none');
};

subtest 'lists' => sub {
    my $settings = settings(
        CE_PODMONALISAURL      => 'http://b', CE_PODMONALISAURL_LIST => ['http://a/', undef, 'http://b'],
        PROCESS_PORT_LIST      => [9000, 9001, 9002], CE_PODCHECKPERIOD_LIST => [60]);
    is_deeply([$settings->list('monalisa_url')], ['http://a', 'http://b'], 'all, in canonical spelling');
    is_deeply([$settings->required('monalisa_url')], ['http://a', 'http://b'], 'there are some');
    is($settings->value('monalisa_url'), 'http://a', 'the first');
    is($settings->value('worker_ports'), '9000-9002', 'AliEn\'s own ports');
    is($settings->value('check_period'), 60, 'a list of one');
};

subtest 'bad ones' => sub {
    my $settings = settings(
        CE_PODCHECKPERIOD => 'often', POD_CHECK_PERIOD => 5, CE_PODRUNTIME_LIST => [1, 2], POD_MAX_WORKERS => "1\n",
        CE_PODENABLED => 1, POD_MONALISA_URL => "http://h\x{e9}", POD_IDLE_TIMEOUT => 60, CE_PODSETUP => "\x{263a}");
    foreach my $case (
        ['check_period', 'podCheckPeriod (CE_PODCHECKPERIOD): expected a whole number of seconds from 1 to 3600, found "often"'],
        ['run_time',     'podRunTime (CE_PODRUNTIME): expected one value, found 2'],
        ['max_workers',  'podMaxWorkers (POD_MAX_WORKERS): expected a whole number from 0 to 1000, found "1\n"'],
        ['enabled',      'podEnabled (CE_PODENABLED): expected yes or no, found "1"'],
        ['monalisa_url', 'podMonalisaUrl (POD_MONALISA_URL): expected http(s)://host[:port][/path], found "http://h\u{00E9}"'],
        )
    {
        my ($name, $message) = @$case;
        foreach my $method (qw(value list required)) {
            my $error = error_of(sub { my @values = $settings->$method($name) });
            isa_ok($error, 'AliEn::PoD::Error', "$name by $method");
            is($error->code, 78, '... a wrong configuration');
            is($error->message, $message, '... by its name');
        }
    }
    is($settings->value('idle_timeout'), 60, 'the others can be had');
    is($settings->value('setup'), "\x{263a}", 'text is text');
    is(error_of(sub { settings()->required('monalisa_url') })->code, 78, 'none where one is needed');
    is(error_of(sub { $settings->value('checkPeriod') })->code, 64, 'a name that no setting has');
    is(error_of(sub { settings(CE_PODSETUP => "a\0b") })->code, 64, 'a NUL');
    is(error_of(sub { settings(CE_PODSETUP => 'x' x 70_000) })->code, 64, 'too long');
};

subtest 'warnings' => sub {
    my $settings = settings(CE_PODCHEKPERIOD => 1, CE_PODCHEKPERIOD_LIST => [1], POD_RUN_TIME => 'x', CE_PODRUNTIME => 5);
    is_deeply(
        [$settings->warnings],
        [
            'CE_PODCHEKPERIOD: no such setting; the nearest is CE_PODCHECKPERIOD',
            'podRunTime (POD_RUN_TIME): expected a whole number of seconds from 0 to 86400, found "x" '
                . '(podRunTime (CE_PODRUNTIME) comes before it)',
        ],
        'names and shadowed values');
    is_deeply([$settings->warnings], [], '... once');
};

done_testing;
